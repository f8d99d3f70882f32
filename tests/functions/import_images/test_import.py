"""Importing images into a venue: what arrives is stored once, what does not is kept with its reason."""

from uuid import UUID

import pytest

from shared.photos import StoreName
from tests.functions.import_images.gallery import counted, statuses
from tests.shared.imaging.made import png
from tests.support.client import jpeg
from tests.support.host import Said

HTML = b"<!doctype html><title>Please log in</title>".ljust(2_000)


def test_an_image_is_fetched_and_stored_and_its_photo_can_be_seen(gallery, host):
    photo = jpeg()
    url = host.at("/a.jpg", photo)

    heard = gallery.take({"provider": "maps", "provider_url": url, "quality_score": 0.5})

    (image,) = heard.json["images"]
    assert (heard.status, counted(heard)) == (200, {"discovered": 1, "uploaded": 1})
    assert (image["upload_status"], image["provider_url"]) == ("uploaded", url)
    assert image["url"].startswith("https://photos.test/")
    ((_, body),) = gallery.s3.held.values()
    assert body == photo
    query = "SELECT id::text, mime, file_name, provider, provider_url, quality_score FROM photos"
    assert gallery.rows(query) == [(image["photo_id"], "image/jpeg", "a.jpg", "maps", url, 0.5)]


def test_some_may_fail_and_the_others_are_stored_all_the_same(gallery, host):
    urls = [
        host.at("/a.jpg", jpeg()),
        host.at("/gone.jpg", Said(404)),
        host.at("/page.jpg", HTML),
        host.at("/busy.jpg", Said(503)),
        host.at("/b.jpg", jpeg()),
        "http://10.1.2.3/private.jpg",
    ]

    heard = gallery.take(*urls)

    assert statuses(heard) == [
        "uploaded",
        "permanently_failed",
        "permanently_failed",
        "failed",
        "uploaded",
        "permanently_failed",
    ]
    assert heard.json["summary"] == {
        "discovered": 6,
        "uploaded": 2,
        "pending": 0,
        "failed": 1,
        "permanently_failed": 3,
        "skipped": 0,
        "failure_breakdown": {"not_found": 1, "not_an_image": 1, "service_unavailable": 1, "url_not_allowed": 1},
    }
    assert gallery.uploads() == [
        ("committed", None),
        ("failed", "not_found"),
        ("failed", "not_an_image"),
        ("open", "service_unavailable"),
        ("committed", None),
        ("failed", "url_not_allowed"),
    ]


@pytest.mark.parametrize(
    ("said", "kind", "failure_class"),
    [
        (Said(401), "forbidden", "permanent"),
        (Said(402, b"quota exceeded"), "forbidden", "permanent"),
        (Said(403, b"over_query_limit: your quota is used up"), "forbidden", "permanent"),
        (Said(404), "not_found", "permanent"),
        (Said(410), "not_found", "permanent"),
        (Said(415), "unsupported_type", "permanent"),
        (Said(429), "rate_limited", "transient"),
        (Said(500), "server_error", "ambiguous"),
        (Said(502), "bad_gateway", "transient"),
        (Said(503), "service_unavailable", "transient"),
        (Said(504), "gateway_timeout", "transient"),
        (Said(200, b""), "not_an_image", "permanent"),
        (Said(200, jpeg()[:1_100]), "not_an_image", "permanent"),
        (Said(200, b"GIF89a".ljust(2_000)), "unsupported_type", "permanent"),
        (Said(200, png(99_999, 99_999, packed=bytes(2_000))), "file_too_large", "permanent"),
        (Said(200, b"x", {"Content-Encoding": "gzip"}), "unsupported_type", "permanent"),
        (Said(302, b"", {"Location": "http://169.254.169.254/"}), "url_not_allowed", "permanent"),
    ],
)
def test_what_a_host_answers_decides_whether_it_is_asked_again(gallery, host, said, kind, failure_class):
    heard = gallery.take(host.at("/a.jpg", said), seconds=28)

    (image,) = heard.json["images"]
    told = image["error_details"]
    assert (told["error_type"], told["class"]) == (kind, failure_class)
    assert ("next_retry_at" in told) == (failure_class != "permanent")
    assert image["upload_status"] == ("permanently_failed" if failure_class == "permanent" else "failed")
    assert gallery.rows("SELECT failure_class FROM uploads") == [(failure_class,)]
    assert gallery.rows("SELECT state FROM attempts") == [("condemned",)]
    assert gallery.rows("SELECT name FROM breakers") == []


def test_an_answer_that_is_too_large_is_not_read_to_its_end(gallery, host, make):
    url = host.at("/a.jpg", jpeg().ljust(5_000))
    gallery.deps._settings.update(make(MAX_BYTES="4000")._settings)

    (image,) = gallery.take(url).json["images"]

    assert (image["upload_status"], image["error_details"]["error_type"]) == ("permanently_failed", "file_too_large")


def test_what_failed_for_a_while_is_due_and_the_alarm_is_set(gallery, host):
    heard = gallery.take(host.at("/a.jpg", Said(503)), host.at("/b.jpg", Said(404)))

    upload_id = UUID(heard.json["images"][0]["upload_id"])
    due = "SELECT round(extract(epoch FROM next_retry_at - now()) / 10) FROM uploads WHERE id = %s"
    assert gallery.alarm.rung == [(upload_id, 60.0)]
    assert gallery.rows(due, upload_id) == [(6,)]


def test_a_host_that_names_its_time_is_left_alone_until_then(gallery, host):
    gallery.take(host.at("/a.jpg", Said(429, b"", {"Retry-After": "3000"})))

    ((_, seconds),) = gallery.alarm.rung
    assert seconds == 3000.0


def test_between_two_images_of_one_provider_there_is_its_pause(gallery, host, pauses):
    maps, slow = ({"provider": name, "provider_url": host.at(f"/{name}.jpg", jpeg())} for name in ("maps", "slow"))
    more = [{"provider": name, "provider_url": host.at(f"/{name}2.jpg", jpeg())} for name in ("maps", "slow")]

    gallery.take(maps, slow, *more)

    assert pauses == [0.1, 0.7]


def test_what_the_time_does_not_allow_is_left_to_the_schedule_at_once(gallery, host):
    urls = [host.at(f"/{n}.jpg", jpeg()) for n in range(2)]

    heard = gallery.take(*urls, seconds=5)

    ids = [UUID(image["upload_id"]) for image in heard.json["images"]]
    assert statuses(heard) == ["pending", "pending"]
    assert (heard.json["summary"]["pending"], host.asked) == (2, [])
    assert gallery.alarm.rung == [(ids[0], 0.0), (ids[1], 0.0)]
    assert gallery.rows("SELECT state, lease_until, next_retry_at <= now() FROM uploads") == 2 * [
        ("open", None, True)
    ]
    assert gallery.rows("SELECT state FROM attempts") == 2 * [("condemned",)]


def test_an_address_that_is_named_twice_is_imported_once_as_its_better_picture(gallery, host):
    url = host.at("/a.jpg", jpeg())
    images = [{"provider": "maps", "provider_url": url, "quality_score": score} for score in (0.2, 0.8)]

    heard = gallery.take(*images)

    assert statuses(heard) == ["uploaded", "uploaded"]
    assert counted(heard) == {"discovered": 2, "uploaded": 1, "skipped": 1}
    assert (host.asked, gallery.rows("SELECT quality_score FROM photos")) == (["/a.jpg"], [(0.8,)])


def test_a_listing_costs_one_rate_token(gallery, host):
    heard = gallery.take(*(host.at(f"/{n}.jpg", jpeg()) for n in range(3)))

    assert heard.headers["RateLimit"].startswith('"uploads";r=99;')


def test_without_a_rate_token_nothing_is_asked_and_nothing_written(gallery, host, make):
    gallery.deps._settings.update(make(RATE_CAPACITY="1", RATE_PER_MINUTE="0.01")._settings)
    gallery.take(host.at("/a.jpg", jpeg()))

    heard = gallery.take(host.at("/b.jpg", jpeg()))

    assert (heard.status, heard.json["code"]) == (429, "rate_limited")
    assert (host.asked, len(gallery.uploads())) == (["/a.jpg"], 1)


def test_only_the_providers_that_are_named_are_imported(gallery, host):
    maps, other = ({"provider": name, "provider_url": host.at(f"/{name}.jpg", jpeg())} for name in ("maps", "other"))

    heard = gallery.take(maps, other, providers=["other"])

    assert [image["provider"] for image in heard.json["images"]] == ["other"]
    assert host.asked == ["/other.jpg"]


@pytest.mark.parametrize("store", [StoreName.S3, StoreName.CLOUDINARY])
def test_the_photo_lives_where_its_venue_keeps_them(gallery, host, store):
    gallery.at(store)

    heard = gallery.take(host.at("/a.jpg", jpeg()))

    assert statuses(heard) == ["uploaded"]
    kept = {StoreName.S3: gallery.s3, StoreName.CLOUDINARY: gallery.cloud}
    assert [name for name, memory in kept.items() if memory.held] == [store]
