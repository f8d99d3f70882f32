"""The Admin API through the official SDK."""

import base64
from dataclasses import replace
from itertools import chain

import pytest
import urllib3
from cloudinary import api, exceptions, uploader


@pytest.fixture
def many(server, picture):
    """25 assets in one folder and one elsewhere."""
    content = picture(size=(2, 2))
    uploader.upload(content, public_id="live/1", context={"key": "k"}, timeout=5)
    assets = server.cloud.assets
    (pattern,) = assets.all()
    for number in range(25):
        name, tags = f"dev/{number:02}", (f"t{number % 2}",)
        assets.put(replace(pattern, public_id=name, tags=tags, context={}), content)


def test_ping_and_usage_answer(server, picture):
    uploader.upload(picture(), public_id="one", timeout=5)

    assert api.ping(timeout=5)["status"] == "ok"
    assert api.usage(timeout=5)["storage"]["usage"] == len(picture())


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"api_key": "X"}, "unknown api_key"),
        ({"api_secret": "X"}, "api_secret mismatch"),
        ({"cloud_name": "other"}, "cloud_name mismatch"),
    ],
)
def test_wrong_credentials_are_refused(server, wrong, message):
    with pytest.raises(exceptions.AuthorizationRequired, match=message):
        api.ping(timeout=5, **wrong)


@pytest.mark.parametrize("header", [{}, {"Authorization": "Basic ???"}, {"Authorization": "Bearer x"}])
def test_missing_or_unreadable_credentials_are_refused(server, header):
    answer = urllib3.request("GET", f"{server.url}/v1_1/demo/ping", headers=header, timeout=5)

    assert answer.status == 401


@pytest.mark.parametrize("public_id", ["one", "dev/org/one", "héllo wörld", "a.jpg", "a:b|c=d"])
def test_one_asset_is_described_with_its_labels(server, picture, public_id):
    sent = uploader.upload(picture(), public_id=public_id, tags=["x"], context={"k": "v"}, timeout=5)

    found = api.resource(public_id, timeout=5)

    assert found["public_id"] == public_id
    assert (found["etag"], found["bytes"]) == (sent["etag"], sent["bytes"])
    assert (found["tags"], found["context"]) == (["x"], {"custom": {"k": "v"}})


def test_an_unknown_asset_is_not_found(server):
    with pytest.raises(exceptions.NotFound, match="Resource not found - none/such"):
        api.resource("none/such", timeout=5)


def test_a_listing_is_turned_page_by_page(many):
    pages, cursor = [], None
    for _ in range(3):
        page = api.resources(type="upload", prefix="dev/", max_results=10, next_cursor=cursor, timeout=5)
        pages.append([each["public_id"] for each in page["resources"]])
        cursor = page.get("next_cursor")

    assert [len(page) for page in pages] == [10, 10, 5]
    assert list(chain(*pages)) == [f"dev/{number:02}" for number in range(25)]
    assert cursor is None


def test_a_listing_without_a_prefix_shows_each_asset_once(many):
    seen, cursor = [], None
    while True:
        page = api.resources(max_results=7, next_cursor=cursor, timeout=5)
        seen += [each["public_id"] for each in page["resources"]]
        cursor = page.get("next_cursor")
        if cursor is None:
            break

    assert len(seen) == len(set(seen)) == 26


def test_a_deletion_between_two_pages_shifts_nothing(many):
    first = api.resources(type="upload", prefix="dev/", max_results=10, timeout=5)
    uploader.destroy("dev/00", timeout=5)
    uploader.destroy("dev/09", timeout=5)

    second = api.resources(type="upload", prefix="dev/", max_results=10, next_cursor=first["next_cursor"], timeout=5)

    assert second["resources"][0]["public_id"] == "dev/10"


def test_a_listing_shows_ten_when_not_told_otherwise_and_the_last_page_has_no_cursor(many):
    assert len(api.resources(timeout=5)["resources"]) == 10
    everything = api.resources(max_results=501, timeout=5)
    assert len(everything["resources"]) == 26
    assert "next_cursor" not in everything


def test_a_page_that_ends_with_the_last_asset_has_no_cursor(many):
    page = api.resources(type="upload", prefix="dev/", max_results=25, timeout=5)

    assert len(page["resources"]) == 25
    assert "next_cursor" not in page


def test_a_listing_shows_labels_only_when_asked(many):
    bare = api.resources(type="upload", prefix="live/", timeout=5)["resources"][0]
    full = api.resources(type="upload", prefix="live/", tags=True, context=True, timeout=5)["resources"][0]

    assert "tags" not in bare
    assert "context" not in bare
    assert (full["tags"], full["context"]) == ([], {"custom": {"key": "k"}})


def test_assets_are_found_by_tag_by_context_and_by_name(many):
    by_tag = api.resources_by_tag("t1", max_results=500, timeout=5)["resources"]
    by_context = api.resources_by_context("key", "k", timeout=5)["resources"]
    by_name = api.resources_by_ids(["dev/03", "none"], timeout=5)["resources"]

    assert len(by_tag) == 12
    assert [each["public_id"] for each in by_context] == ["live/1"]
    assert [each["public_id"] for each in by_name] == ["dev/03"]


@pytest.mark.parametrize("wrong", [{"next_cursor": "x"}, {"max_results": 0}, {"max_results": "many"}])
def test_a_wrong_page_is_refused(server, wrong):
    with pytest.raises(exceptions.BadRequest):
        api.resources(timeout=5, **wrong)


def test_named_assets_are_deleted_and_each_outcome_is_told(many, control):
    reply = api.delete_resources(["dev/00", "dev/01", "none"], timeout=5)

    assert reply["deleted"] == {"dev/00": "deleted", "dev/01": "deleted", "none": "not_found"}
    assert len(control.assets()) == 24


def test_assets_are_deleted_by_prefix_by_tag_and_all(many, control):
    api.delete_resources_by_tag("t1", timeout=5)
    assert len(control.assets()) == 14

    api.delete_resources_by_prefix("dev/", timeout=5)
    assert len(control.assets()) == 1

    api.delete_all_resources(timeout=5)
    assert control.assets() == []


def test_a_deletion_may_be_a_form(many, control, server):
    credentials = base64.b64encode(b"KEY:SECRET").decode()

    answer = urllib3.request(
        "DELETE",
        f"{server.url}/v1_1/demo/resources/image/upload?public_ids[]=dev/00&public_ids[]=dev/01",
        headers={"Authorization": f"Basic {credentials}"},
        timeout=5,
    )

    assert answer.status == 200
    assert len(control.assets()) == 24


def test_a_deletion_needs_to_say_of_what(server):
    with pytest.raises(exceptions.BadRequest, match="Missing required parameter - public_ids"):
        api.delete_resources([], timeout=5)


def test_no_more_than_a_hundred_names_are_deleted_at_once(server):
    with pytest.raises(exceptions.BadRequest, match="Too many public_ids"):
        api.delete_resources([f"x{number}" for number in range(101)], timeout=5)


def test_a_call_that_is_not_played_says_so(server):
    with pytest.raises(Exception, match="does not play GET config"):
        api.config(timeout=5)
