"""When the store of a venue fails: what was fetched is parked, and what cannot be kept is fetched again."""

import pytest
import urllib3

from shared.errors import Misconfigured, OutcomeUnknown, ProviderDown, StoreRefused, StoreUnavailable
from shared.photos import StoreName
from tests.functions.import_images.gallery import Gallery, counted, statuses
from tests.support.client import jpeg
from tests.support.imagekit import double

STATES = "SELECT store, state FROM attempts ORDER BY attempt_no"
LEASES = "SELECT state, lease_until, next_retry_at > now() FROM uploads"


@pytest.mark.parametrize("error", [StoreUnavailable(), OutcomeUnknown(), ProviderDown()])
def test_while_the_store_is_down_what_was_fetched_is_kept_in_ours(gallery, host, error):
    gallery.at(StoreName.CLOUDINARY)
    gallery.cloud.fail_on("put", error, times=9)
    photo = jpeg()

    heard = gallery.take(host.at("/a.jpg", photo))

    assert (statuses(heard), counted(heard)) == (["pending"], {"discovered": 1, "pending": 1})
    ((stored, body),) = gallery.s3.held.values()
    query = "SELECT state, parked_key, size, mime, lease_until FROM uploads"
    assert (body, gallery.rows(query)) == (photo, [("open", stored.name, len(photo), "image/jpeg", None)])
    assert gallery.rows(STATES) == [("cloudinary", "condemned"), ("s3", "intent")]
    assert [image["upload_status"] for image in gallery.page().json["images"]] == ["pending"]


@pytest.mark.parametrize("error", [StoreUnavailable(), Misconfigured()])
def test_what_cannot_be_kept_anywhere_is_due_to_be_fetched_again(gallery, host, error):
    gallery.at(StoreName.CLOUDINARY)
    gallery.cloud.fail_on("put", error, times=9)
    gallery.s3.fail_on("put", StoreUnavailable(), times=9)

    heard = gallery.take(host.at("/a.jpg", jpeg()))

    assert statuses(heard) == ["failed"]
    assert gallery.rows(LEASES) == [("open", None, True)]
    assert {state for _, state in gallery.rows(STATES)} == {"condemned"}
    assert gallery.s3.held == {}


def test_when_our_own_store_is_down_the_image_is_due_to_be_fetched_again(gallery, host):
    gallery.s3.fail_on("put", StoreUnavailable(), times=9)

    heard = gallery.take(host.at("/a.jpg", jpeg()))

    assert statuses(heard) == ["failed"]
    assert gallery.rows(LEASES) == [("open", None, True)]
    assert len(gallery.alarm.rung) == 1


def test_what_its_store_refuses_is_refused_for_good(gallery, host):
    gallery.at(StoreName.CLOUDINARY)
    gallery.cloud.fail_on("put", StoreRefused("No."))

    heard = gallery.take(host.at("/a.jpg", jpeg()))

    assert statuses(heard) == ["permanently_failed"]
    assert gallery.uploads() == [("failed", "store_refused")]


def test_a_bug_of_ours_stops_one_image_and_no_other(gallery, host):
    gallery.s3.fail_on("put", ZeroDivisionError())

    heard = gallery.take(host.at("/a.jpg", jpeg()), host.at("/b.jpg", jpeg()))

    assert statuses(heard) == ["failed", "uploaded"]
    assert gallery.uploads() == [("open", "import_broke"), ("committed", None)]


def test_the_photos_of_a_venue_can_live_at_imagekit(world, sql_of, make, host, tmp_path):
    photo = jpeg()
    with double(tmp_path) as imagekit:
        gallery = Gallery(world, sql_of, make(IMAGEKIT_URL=imagekit.url))
        gallery.at(StoreName.IMAGEKIT)

        heard = gallery.take(host.at("/a.jpg", photo))
        again = gallery.take(host.at("/a.jpg", photo))
        gallery.deps._imagekit.close()

        (image,) = heard.json["images"]
        assert (image["upload_status"], len(imagekit.held())) == ("uploaded", 1)
        assert urllib3.request("GET", image["url"]).data == photo
        (held,) = imagekit.held().values()
        assert image["asset_id"] == held.file_id
        assert again.json["images"][0]["url"] == image["url"]


def test_without_an_account_at_imagekit_the_image_waits_and_says_why(gallery, host):
    gallery.at(StoreName.IMAGEKIT)

    (image,) = gallery.take(host.at("/a.jpg", jpeg())).json["images"]

    assert (image["upload_status"], image["error_details"]["class"]) == ("failed", "outage")
    assert "IMAGEKIT_SECRET_ARN" in image["error_details"]["detail"]
