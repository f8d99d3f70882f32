"""A 202 is a promise: the bytes are ours until their store has them; and a 503 leaves nothing of them anywhere."""

from uuid import uuid4

import pytest

from tests.support.behind import Behind
from tests.support.client import STORED, jpeg
from tests.support.form import send


@pytest.fixture
def behind(client) -> Behind:
    return Behind(client)


@pytest.fixture
def stop(client) -> dict[str, str]:
    return {"team_id": client.stack.team_id, "location_id": client.stack.location_ids[1]}


def test_when_the_tries_are_spent_the_photo_is_parked_and_later_stored(client, behind, stop):
    photo, key = jpeg(), str(uuid4())

    with behind.failing("500", operation="upload"):
        parked = send(client, photo, stop, key=key)
    upload_id, status_url = parked.json["upload_id"], parked.json["status_url"]
    waiting, kept = client.ask("GET", status_url), behind.objects(upload_id)
    done = behind.retry(upload_id)
    shown, again = client.ask("GET", status_url), send(client, photo, stop, key=key)
    behind.reap(upload_id)

    assert (parked.status, waiting.json["status"], len(kept)) == (202, "pending_upload", 1)
    assert done["succeeded"] >= 1
    assert shown.json["status"] in STORED
    assert client.ask("GET", shown.json["url"], token=None).data == photo
    assert (again.status, again.headers["Idempotency-Replayed"]) == (201, "true")
    assert again.json["photo_id"] == parked.json["photo_id"]
    assert (behind.objects(upload_id), len(behind.assets(upload_id))) == ([], 1)
    assert behind.attempts(upload_id) == [("cloudinary", "reaped"), ("s3", "reaped"), ("cloudinary", "committed")]


def test_a_photo_for_a_paused_store_is_parked_at_once_and_the_store_is_not_asked(client, behind, stop):
    with behind.failing("401", times=1, operation="upload"):
        first = send(client, jpeg(), stop)
        behind.control("DELETE", "calls")
        second = send(client, jpeg(), stop | {"location_id": client.stack.location_ids[2]})

    asked, kept = behind.calls()["upload"], behind.objects(second.json["upload_id"])
    for parked in (first, second):
        behind.retry(parked.json["upload_id"])

    assert (first.status, second.status) == (202, 202)
    assert (asked, len(kept)) == (0, 1)
    assert client.has(first.json["photo_id"])
    assert client.has(second.json["photo_id"])


def test_a_retry_that_fails_again_keeps_the_bytes_and_waits_longer(client, behind, stop):
    with behind.failing("401", operation="upload"):
        parked = send(client, jpeg(), stop).json
        client.rows("DELETE FROM breakers")
        behind.retry(parked["upload_id"])

    shown = client.ask("GET", parked["status_url"]).json
    due = "SELECT next_retry_at > now() FROM uploads WHERE id = %s"
    assert (shown["status"], shown["error"]["class"]) == ("pending_upload", "outage")
    assert client.rows(due, parked["upload_id"]) == [(True,)]
    assert len(behind.objects(parked["upload_id"])) == 1
    assert behind.retry(parked["upload_id"])["succeeded"] >= 1


def test_when_parking_fails_as_well_nothing_is_left_and_the_same_request_may_come_again(client, behind, stop):
    photo, key = jpeg(), str(uuid4())

    with behind.failing("truncate", times=1), behind.closed_bucket():
        refused = send(client, photo, stop, key=key)
    ((upload_id, photos),) = client.rows(
        "SELECT u.id::text, (SELECT count(*) FROM photos p WHERE p.id = u.id) FROM uploads u WHERE idem_key = %s", key
    )
    behind.reap(upload_id)
    left = (behind.assets(upload_id), behind.objects(upload_id), photos, behind.attempts(upload_id))
    again = send(client, photo, stop, key=key)

    assert (refused.status, refused.json["code"], refused.json["retryable"]) == (503, "unavailable", True)
    assert int(refused.headers["Retry-After"]) > 0
    assert left == ([], [], 0, [("cloudinary", "reaped"), ("s3", "reaped")])
    assert (again.status, again.json["upload_id"]) == (201, upload_id)
