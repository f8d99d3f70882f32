"""What failed is fetched again without any listing: by whoever may, and as often as it makes sense."""

from tests.functions.import_images.gallery import counted, statuses
from tests.support.client import jpeg
from tests.support.host import Said

SPENT = """
UPDATE uploads SET state = 'failed', failure_class = 'permanent', finished_at = now(), next_retry_at = NULL,
       resp_status = 502, resp_body = '{"code": "max_retries_exceeded", "message": "Max retries exceeded."}'
"""


def ids(heard):
    return [image["upload_id"] for image in heard.json["images"]]


def test_without_any_listing_what_failed_is_fetched_again(gallery, host):
    urls = [host.at("/a.jpg", Said(503), jpeg()), host.at("/b.jpg", Said(500), jpeg()), host.at("/c.jpg", Said(404))]
    first = gallery.take(*urls, host.at("/d.jpg", jpeg()))

    again = gallery.again(who="admin")

    assert sorted(statuses(again)) == ["uploaded", "uploaded"]
    assert sorted(ids(again)) == sorted(ids(first)[:2])
    assert counted(again) == {"discovered": 2, "uploaded": 2}
    assert gallery.photos() == 3


def test_when_nothing_failed_there_is_nothing_to_do_and_that_is_no_failure(gallery):
    heard = gallery.again()

    assert (heard.status, counted(heard), heard.json["images"]) == (200, {}, [])


def test_what_failed_is_fetched_again_from_the_providers_that_are_named(gallery, host):
    maps, other = (
        {"provider": name, "provider_url": host.at(f"/{name}.jpg", Said(503))} for name in ("maps", "other")
    )
    gallery.take(maps, other)

    again = gallery.again(providers=["other"])

    assert [image["provider"] for image in again.json["images"]] == ["other"]


def test_what_used_up_its_tries_is_fetched_again_by_force_alone(gallery, host):
    url = host.at("/a.jpg", Said(503), jpeg())
    gallery.take(url, host.at("/gone.jpg", Said(404)))
    gallery.rows(SPENT + " WHERE failure_type = 'service_unavailable'")

    left, forced = gallery.again(), gallery.again(force=True)

    assert (left.json["images"], statuses(forced)) == ([], ["uploaded"])
    assert forced.json["images"][0]["provider_url"] == url


def test_an_image_that_fails_time_after_time_ends_with_its_reason(gallery, host):
    url = host.at("/a.jpg", Said(503))
    gallery.take(url)
    gallery.rows("UPDATE uploads SET tries = 5")

    (image,) = gallery.again().json["images"]

    assert (image["upload_status"], image["error_details"]["error_type"]) == (
        "permanently_failed",
        "service_unavailable",
    )
    assert image["error_details"]["detail"].startswith("Max retries exceeded")
    assert gallery.rows("SELECT state FROM uploads") == [("failed",)]
    assert len(gallery.alarm.rung) == 1
