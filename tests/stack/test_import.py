"""The import door of a running stack: ten images of a provider, some of which do not come."""

from collections.abc import Iterator
from uuid import uuid4

import jwt
import pytest

from tests.support.client import jpeg
from tests.support.host import Host, Said, host

HTML = b"<!doctype html><title>Please log in</title>".ljust(2_000)


@pytest.fixture(name="host")
def _host(client) -> Iterator[Host]:
    """A provider, where the stack may fetch from: the port after its own."""
    with host(int(client.stack.stand_in.rpartition(":")[2]) + 1) as made:
        yield made


@pytest.fixture
def venue(client) -> tuple[str, str]:
    """A venue of an organisation of the test's own: (token, where its images are)."""
    token, _ = client.organisation()
    org, venue = jwt.decode(token, options={"verify_signature": False})["org"], uuid4()
    client.rows("INSERT INTO venues (id, org_id, name) VALUES (%s, %s, 'Cafe')", venue, org)
    return token, f"/api/v1/venues/{venue}/images"


def take(client, venue, *urls, **more):
    token, path = venue
    images = [{"provider": "maps", "provider_url": url} for url in urls]
    return client.ask("POST", path, json_body=({"images": images} if images else {}) | more, token=token)


def seen(client, answer):
    """The bytes behind the links."""
    return [client.ask("GET", image["url"], token=None).data for image in answer.json["images"] if "url" in image]


def test_some_images_fail_and_are_made_whole_and_nothing_is_imported_twice(client, venue, host):
    photos = [jpeg() for _ in range(7)]
    urls = [host.at(f"/{n}.jpg", photo) for n, photo in enumerate(photos[:6])]
    urls += [host.at("/flaky.jpg", Said(503), photos[6]), host.at("/gone.jpg", Said(404)), host.at("/page.jpg", HTML)]
    urls += ["http://169.254.169.254/latest/meta-data/"]

    first = take(client, venue, *urls)
    again = take(client, venue, retry_failed_only=True)
    asked = len(host.asked)
    last = take(client, venue, *urls)
    page = client.ask("GET", venue[1], token=venue[0])

    assert first.status == 200, first.json
    assert first.json["summary"] == {
        "discovered": 10,
        "uploaded": 6,
        "pending": 0,
        "failed": 1,
        "permanently_failed": 3,
        "skipped": 0,
        "failure_breakdown": {"service_unavailable": 1, "not_found": 1, "not_an_image": 1, "url_not_allowed": 1},
    }
    assert seen(client, first) == photos[:6]
    assert [image["upload_status"] for image in again.json["images"]] == ["uploaded"]
    assert seen(client, again) == photos[6:]
    assert (last.json["summary"]["skipped"], len(host.asked)) == (10, asked)
    shown = [image["upload_status"] for image in page.json["images"]]
    assert sorted(shown) == 3 * ["permanently_failed"] + 7 * ["uploaded"]


def test_force_fetches_again_and_the_old_photo_is_gone(client, venue, host):
    old, new = jpeg(), jpeg()
    url = host.at("/a.jpg", old, new)
    first = take(client, venue, url).json["images"][0]

    forced = take(client, venue, url, force=True)

    assert seen(client, forced) == [new]
    assert client.photo(first["photo_id"], token=venue[0]).status == 410
    (image,) = client.ask("GET", venue[1], token=venue[0]).json["images"]
    assert image["photo_id"] == forced.json["images"][0]["photo_id"]


def test_a_venue_can_keep_its_photos_at_cloudinary(client, host):
    photo = jpeg()
    images = [{"provider": "maps", "provider_url": host.at("/a.jpg", photo)}]

    answer = client.ask("POST", f"/api/v1/venues/{client.stack.venue_id}/images", json_body={"images": images})

    (image,) = answer.json["images"]
    assert (image["upload_status"], "asset_id" in image) == ("uploaded", True)
    assert client.ask("GET", image["url"], token=None).data == photo


def test_a_place_in_our_own_network_is_not_fetched_from(client, venue):
    bucket = f"{client.stack.s3_endpoint}/{client.stack.bucket}/"

    answer = take(client, venue, bucket)

    assert (answer.status, answer.json["code"]) == (400, "validation_failed")
    assert "ports" in answer.json["detail"]
