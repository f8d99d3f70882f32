"""The direct door for every target and every store: a hunt stop, a venue, and photos that live at Cloudinary."""

from uuid import uuid4

import pytest

from tests.support.behind import Behind
from tests.support.client import jpeg, wait_until


@pytest.fixture
def behind(client) -> Behind:
    return Behind(client)


def targets(client):
    stack = client.stack
    return {
        "stop": {"team_id": stack.team_id, "location_id": stack.location_ids[0]},
        "venue": {"venue_id": stack.venue_id},
    }


def put(client, photo, **target):
    grant = client.upload_url(photo, project_id=None, **target).json
    assert client.put(grant, photo).status == 200, grant
    return grant


def finished(client, grant):
    """Say that it is there, until it is where it belongs: the store's own event may be at it at the same time."""

    def said():
        answer = client.complete(grant["photo_id"])
        assert answer.status in {200, 202}, answer.json
        return answer if answer.status == 200 else None

    return wait_until(said)


@pytest.mark.parametrize("kind", ["stop", "venue"])
def test_a_photo_for_a_store_elsewhere_gets_there_without_passing_through_us_twice(client, behind, kind):
    photo = jpeg()
    grant = put(client, photo, **targets(client)[kind])

    done = finished(client, grant)
    shown = client.photo(grant["photo_id"])

    assert done.status == 200
    assert done.json["asset_id"]
    assert "s3_url" not in done.json
    assert client.ask("GET", shown.json["url"], token=None).data == photo
    assert behind.attempts(grant["photo_id"]) == [("s3", "condemned"), ("cloudinary", "committed")]


def test_the_bytes_that_were_put_to_s3_on_the_way_are_gone_in_the_end(client, behind):
    grant = put(client, jpeg(), **targets(client)["venue"])
    finished(client, grant)

    behind.reap(grant["photo_id"])

    assert behind.objects(grant["photo_id"]) == []
    assert len(behind.assets(grant["photo_id"])) == 1


def test_a_direct_upload_completes_a_hunt_stop(client):
    stop = targets(client)["stop"]
    grant = put(client, jpeg(), **stop)

    progress = finished(client, grant).json["hunt_progress"]

    assert progress["done"] is True
    row = "SELECT photo_id::text, done, photo_url FROM hunt_progress WHERE team_id = %s AND location_id = %s"
    assert client.rows(row, *stop.values()) == [(grant["photo_id"], True, progress["photo_url"])]


def test_while_the_store_is_down_the_photo_is_kept_and_comes_to_it_by_itself(client, behind):
    photo = jpeg()
    grant = put(client, photo, **targets(client)["venue"])

    with behind.failing("401", operation="upload"):
        parked = client.complete(grant["photo_id"])
    behind.retry(grant["photo_id"])
    again = finished(client, grant)

    assert (parked.status, parked.json["status"]) == (202, "pending_upload")
    assert (again.status, again.json["photo_id"]) == (200, grant["photo_id"])
    assert len(behind.assets(grant["photo_id"])) == 1


def test_asking_for_another_url_while_the_photo_is_on_its_way_tells_so_instead(client, behind):
    photo, key = jpeg(), str(uuid4())
    venue = targets(client)["venue"]
    grant = client.upload_url(photo, key=key, project_id=None, **venue).json
    client.put(grant, photo)

    with behind.failing("401", operation="upload"):
        client.complete(grant["photo_id"])
        asked = client.upload_url(photo, key=key, project_id=None, **venue)
    behind.retry(grant["photo_id"])

    assert (asked.status, asked.json["status"], asked.json["upload_url"]) == (202, "pending_upload", None)


@pytest.mark.parametrize(
    "wrong",
    [{}, {"team_id": str(uuid4())}, {"project_id": str(uuid4()), "venue_id": str(uuid4())}],
    ids=["none", "half a stop", "two"],
)
def test_anything_but_one_target_is_refused_in_words(client, wrong):
    asked = client.request_for(jpeg(), project_id=None) | wrong

    answer = client.ask("POST", "/api/v1/photos/upload-url", json_body=asked)

    assert answer.status == 400
    assert "project_id, or team_id and location_id, or venue_id" in answer.json["message"]
