"""Importing what was imported before: nothing is done twice, a failure is gone on with, a better picture wins."""

from uuid import UUID

import pytest

from shared.photos import StoreName
from tests.functions.import_images.gallery import counted, statuses
from tests.support.client import jpeg
from tests.support.host import Said


def picture(url, score=None, at=None):
    return {"provider": "maps", "provider_url": url, "quality_score": score, "fetched_at": at}


def ids(heard):
    return [image["upload_id"] for image in heard.json["images"]]


def test_the_same_listing_again_does_nothing(gallery, host):
    urls = [host.at("/a.jpg", jpeg()), host.at("/gone.jpg", Said(404))]
    first = gallery.take(*urls)

    again = gallery.take(*urls)

    assert statuses(again) == statuses(first) == ["uploaded", "permanently_failed"]
    assert counted(again) == {"discovered": 2, "skipped": 2}
    assert again.json["images"][0]["photo_id"] == first.json["images"][0]["photo_id"]
    assert again.json["images"][0]["url"] == first.json["images"][0]["url"]
    assert again.json["images"][1]["error_details"]["error_type"] == "not_found"
    assert (host.asked, len(gallery.uploads())) == (["/a.jpg", "/gone.jpg"], 2)
    assert "RateLimit" not in again.headers


def test_a_success_takes_the_place_of_the_failure_of_the_same_upload(gallery, host):
    url = host.at("/a.jpg", Said(503), jpeg())
    failed = gallery.take(url)

    again = gallery.take(url)

    assert (statuses(failed), statuses(again)) == (["failed"], ["uploaded"])
    assert ids(failed) == ids(again)
    assert gallery.uploads() == [("committed", None)]
    assert [image["upload_status"] for image in gallery.page().json["images"]] == ["uploaded"]


@pytest.mark.parametrize(
    ("score", "at", "replaces"),
    [
        (0.6, "2026-05-17T12:00:00Z", True),
        (0.5, "2026-05-18T12:00:00Z", True),
        (0.4, "2026-05-18T12:00:00Z", False),
        (0.5, "2026-05-17T12:00:00Z", False),
        (None, None, False),
        (0.6, None, True),
    ],
)
def test_a_better_picture_of_an_address_takes_its_place_and_another_one_is_not_even_fetched(
    gallery, host, score, at, replaces
):
    url = host.at("/a.jpg", jpeg(), jpeg())
    first = gallery.take(picture(url, 0.5, "2026-05-17T12:00:00Z"))

    gallery.take(picture(url, score, at))

    ((photo_id,),) = gallery.rows("SELECT id::text FROM photos WHERE deleted_at IS NULL")
    assert (photo_id != first.json["images"][0]["photo_id"]) == replaces
    assert len(host.asked) == 1 + replaces


def test_a_better_picture_that_is_gone_is_asked_for_once(gallery, host):
    url = host.at("/a.jpg", jpeg(), Said(404))
    gallery.take(picture(url, 0.5))

    first, again = gallery.take(picture(url, 0.9)), gallery.take(picture(url, 0.9))

    assert (statuses(first), statuses(again)) == (["permanently_failed"], ["permanently_failed"])
    assert (counted(again), len(host.asked)) == ({"discovered": 1, "skipped": 1}, 2)
    assert [image["upload_status"] for image in gallery.page().json["images"]] == ["uploaded"]


def test_force_fetches_again_and_the_new_photo_takes_the_place_of_the_old(gallery, host):
    url = host.at("/a.jpg", jpeg(), jpeg())
    first = gallery.take(picture(url, 0.9, "2030-05-17T12:00:00Z"))

    forced = gallery.take(picture(url, 0.1), force=True)

    old, new = (heard.json["images"][0]["photo_id"] for heard in (first, forced))
    assert counted(forced) == {"discovered": 1, "uploaded": 1}
    assert gallery.rows("SELECT id::text, replaced_by::text FROM photos ORDER BY uploaded_at") == [
        (old, new),
        (new, None),
    ]
    assert gallery.rows("SELECT state FROM attempts ORDER BY created_at") == [("condemned",), ("committed",)]


def test_a_forced_request_that_is_sent_again_with_its_key_is_the_same_request(gallery, host):
    url = host.at("/a.jpg", jpeg())

    first = gallery.take(url, force=True, key="k")
    again, other = gallery.take(url, force=True, key="k"), gallery.take(url, force=True, key="l")

    assert counted(again) == {"discovered": 1, "skipped": 1}
    assert ids(again) == ids(first) != ids(other)
    assert (len(host.asked), gallery.photos()) == (2, 1)


def test_what_failed_for_good_is_asked_for_again_by_force_alone(gallery, host):
    url = host.at("/a.jpg", Said(404), jpeg())
    gallery.take(url)

    skipped, forced = gallery.take(url), gallery.take(url, force=True)

    assert (statuses(skipped), counted(skipped)) == (["permanently_failed"], {"discovered": 1, "skipped": 1})
    assert statuses(forced) == ["uploaded"]
    assert gallery.uploads() == [("failed", "not_found"), ("committed", None)]


def test_a_deleted_photo_comes_back_by_force_alone(gallery, host):
    url = host.at("/a.jpg", jpeg(), jpeg())
    gallery.take(url)
    gallery.rows("UPDATE photos SET attempt_id = NULL, deleted_at = now()")

    skipped = gallery.take(url)
    page = gallery.page().json["images"]
    forced = gallery.take(url, force=True)

    assert skipped.json["images"][0]["error_details"]["error_type"] == "gone"
    assert (counted(skipped), page) == ({"discovered": 1, "skipped": 1}, [])
    assert (statuses(forced), gallery.photos()) == (["uploaded"], 1)


def test_what_another_member_began_ends_as_one_photo(gallery, host):
    url = host.at("/a.jpg", Said(503), jpeg())
    theirs = gallery.take(url, who="admin")

    mine = gallery.take(url)

    assert statuses(mine) == ["uploaded"]
    assert ids(mine) != ids(theirs)
    assert gallery.photos() == 1


def test_an_image_that_another_request_is_at_is_left_to_it(gallery, host):
    url = host.at("/a.jpg", Said(503))
    gallery.take(url)
    gallery.rows("UPDATE uploads SET lease_until = now() + interval '1 minute'")

    heard = gallery.take(url)

    assert (statuses(heard), counted(heard)) == (["pending"], {"discovered": 1, "skipped": 1})
    assert len(host.asked) == 1


def test_of_an_image_that_is_parked_we_have_the_bytes(gallery, host):
    url = host.at("/a.jpg", Said(503))
    gallery.take(url)
    gallery.rows("UPDATE uploads SET parked_key = 'x'")

    heard = gallery.take(url)

    assert (statuses(heard), counted(heard)) == (["pending"], {"discovered": 1, "skipped": 1})
    assert len(host.asked) == 1


def test_two_uploads_of_one_address_that_end_together_are_one_photo(gallery, host):
    gallery.at(StoreName.CLOUDINARY)
    url = host.at("/a.jpg", Said(503), jpeg(), jpeg())
    gallery.take(url, who="admin")
    gallery.take(url)

    again = gallery.again(who="admin")

    assert again.json["images"][0]["duplicate"] is True
    assert gallery.photos() == 1
    assert gallery.rows("SELECT count(DISTINCT photo_id) FROM uploads") == [(1,)]
    assert UUID(again.json["images"][0]["photo_id"]) == gallery.rows("SELECT id FROM photos")[0][0]


def test_all_who_import_one_address_stand_in_one_line(gallery, host, sql_of):
    url = host.at("/a.jpg", jpeg())
    with sql_of.transaction():
        sql_of.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"url:{gallery.venue}:{url}",))

        heard = gallery.take(url)

    assert heard.json["images"][0]["error_details"]["error_type"] == "row_locked"
    assert statuses(gallery.take(url)) == ["uploaded"]
