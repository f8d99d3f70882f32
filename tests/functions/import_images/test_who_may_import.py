"""Who may import into a venue, what they must say, and what they see of it."""

from uuid import uuid4

import pytest

from tests.support.client import jpeg
from tests.support.host import Said

URL = "https://photos.example/a.jpg"
IMAGE = {"provider": "maps", "provider_url": URL}


@pytest.mark.parametrize("who", ["viewer", "gone", "stranger"])
@pytest.mark.parametrize("body", [{"images": [IMAGE]}, {"retry_failed_only": True}])
def test_who_may_not_upload_may_not_import(gallery, who, body):
    heard = gallery.send(body, who=who)

    assert (heard.status, heard.json["code"]) == (403, "forbidden")
    assert gallery.uploads() == []


@pytest.mark.parametrize("body", [{"images": [IMAGE]}, {"retry_failed_only": True}])
def test_another_organisations_venue_looks_like_none(gallery, sql_of, body):
    sql_of.execute("INSERT INTO memberships VALUES (%s, 'member', 'admin')", (gallery.world.other_org,))

    theirs = gallery.send(body, org=gallery.world.other_org)
    none = gallery.send(body, venue=uuid4())
    nonsense = gallery.send(body, venue="x")

    assert theirs.status == none.status == nonsense.status == 404
    assert theirs.json["message"] == none.json["message"]


@pytest.mark.parametrize(
    "url",
    [
        "https://user:password@photos.example/a.jpg",
        "https://photos.example\\@10.0.0.1/a.jpg",
        "https://photos.example/a\t.jpg",
        "https://photos.example/a\r\nHost: x",
        "http://photos.example:22/a.jpg",
        "http://photos.example:6379/a.jpg",
        "https:///a.jpg",
        "photos.example/a.jpg",
        "",
        "https://photos.example/" + "a" * 2_048,
    ],
)
def test_an_address_that_parsers_disagree_about_is_refused_before_anything_is_done(gallery, url):
    heard = gallery.send({"images": [IMAGE, IMAGE | {"provider_url": url}]})

    assert (heard.status, heard.json["code"]) == (400, "validation_failed")
    assert [error["pointer"] for error in heard.json["errors"]] == ["#/images/1/provider_url"]
    assert gallery.uploads() == []


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://[::ffff:10.0.0.1]/a.jpg",
        "http://2130706433/a.jpg",
        "http://0x7f000001/a.jpg",
        "http://127.1/a.jpg",
        "http://①②⑦.0.0.1/a.jpg",
        "http://100.64.0.1/a.jpg",
        "http://192.0.0.192/a.jpg",
        "http://0.0.0.0/a.jpg",
        "http://[64:ff9b::7f00:1]/a.jpg",
        "http://[fec0::1]/a.jpg",
        "file:///etc/passwd",
        "gopher://photos.example/a",
    ],
)
def test_an_address_that_leads_to_us_is_no_image_and_all_of_them_sound_alike(gallery, url):
    (image,) = gallery.take(url).json["images"]

    assert image["upload_status"] == "permanently_failed"
    assert image["error_details"] == {
        "error_type": "url_not_allowed",
        "class": "permanent",
        "detail": "This address is not fetched from. Give the http or https URL of a host that is public.",
    }


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"images": []},
        {"images": 51 * [IMAGE]},
        {"images": [IMAGE], "retry_failed_only": True},
        {"images": [IMAGE], "force": "yes"},
        {"images": [{"provider_url": URL}]},
        {"images": [IMAGE | {"provider": ""}]},
        {"images": [IMAGE | {"provider": "m" * 65}]},
        {"images": [IMAGE | {"provider": "a b"}]},
        {"images": [IMAGE | {"quality_score": "high"}]},
        {"images": [IMAGE | {"quality_score": -1}]},
        {"images": [IMAGE | {"fetched_at": "2026-05-17T09:41:00"}]},
        {"images": [IMAGE | {"fetched_at": 1_700_000_000}]},
        {"images": [IMAGE | {"surprise": 1}]},
        {"images": [IMAGE], "providers": []},
        {"images": "all"},
        [],
    ],
)
def test_what_makes_no_sense_is_refused(gallery, body):
    heard = gallery.send(body)

    assert heard.status == 400
    assert gallery.uploads() == []


@pytest.mark.parametrize(
    ("path", "given", "shown"),
    [
        ("/a%20view.jpg", None, "a view.jpg"),
        ("/", None, "image"),
        ("/a.jpg", "The view\u202e.jpg", "The view.jpg"),
        ("/" + "n" * 400, None, "n" * 255),
    ],
)
def test_an_image_is_called_as_it_is_named_or_as_its_address_ends(gallery, host, path, given, shown):
    gallery.take({"provider": "maps", "provider_url": host.at(path, jpeg()), "file_name": given})

    assert gallery.rows("SELECT file_name FROM photos") == [(shown,)]


def test_every_member_sees_what_a_venue_has_and_what_it_has_not(gallery, host):
    gallery.take(host.at("/a.jpg", jpeg()))
    gallery.take(host.at("/busy.jpg", Said(503)))

    heard = gallery.page(who="viewer")

    failed, stored = heard.json["images"]
    assert (heard.status, heard.json["next_cursor"]) == (200, None)
    assert (failed["upload_status"], failed["error_details"]["error_type"]) == ("failed", "service_unavailable")
    assert failed["error_details"]["next_retry_at"].endswith("Z")
    assert (stored["upload_status"], "error_details" in stored) == ("uploaded", False)
    assert stored["url"].startswith("https://photos.test/")


def test_a_list_comes_in_pages_and_can_be_of_one_status(gallery, host):
    gallery.take(*(host.at(f"/{n}.jpg", jpeg()) for n in range(2)), host.at("/gone.jpg", Said(404)))

    first = gallery.page("?upload_status=uploaded&limit=1")
    second = gallery.page(f"?upload_status=uploaded&limit=1&cursor={first.json['next_cursor']}")

    shown = [image["provider_url"] for page in (first, second) for image in page.json["images"]]
    assert (len(set(shown)), second.json["next_cursor"]) == (2, None)
    assert all("gone" not in url for url in shown)


@pytest.mark.parametrize(("who", "status"), [("gone", 403), ("stranger", 403), ("member", 200)])
def test_who_is_no_member_sees_nothing(gallery, who, status):
    assert gallery.page(who=who).status == status


def test_the_list_of_another_organisations_venue_is_that_of_none(gallery, sql_of):
    sql_of.execute("INSERT INTO memberships VALUES (%s, 'member', 'admin')", (gallery.world.other_org,))

    assert gallery.page(org=gallery.world.other_org).status == gallery.page(venue=uuid4()).status == 404


@pytest.mark.parametrize("query", ["?limit=0", "?status=uploaded", "?upload_status=lost", "?cursor=x"])
def test_a_query_that_makes_no_sense_is_refused(gallery, query):
    assert gallery.page(query).status == 400
