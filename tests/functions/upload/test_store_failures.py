"""When the store fails, a photo is parked and finished later, or refused without leaving anything behind."""

import socket
import time
import uuid

import psycopg
import pytest

from tests.functions.upload.door import STOP
from tests.support.client import jpeg, wait_until

DUE = "UPDATE uploads SET next_retry_at = now() - interval '1 second' WHERE next_retry_at IS NOT NULL"
LONG_AGO = """
UPDATE attempts SET next_look_at = now(), reap_after = now() - interval '1 second',
       absent_at = absent_at - interval '1 hour' WHERE state = 'condemned'
"""
OPENED_LONG_AGO = "UPDATE breakers SET opened_at = now() - interval '31 seconds'"


def reap(door):
    """Let the reaper look until it is sure: there may be something, then nothing, then nothing again."""
    for _ in range(3):
        door.rows(LONG_AGO)
        door.recover()


def test_when_the_tries_are_spent_the_photo_is_parked_and_the_client_is_told_where_to_look(door):
    door.parts.cloud.arm("500")

    answer = door.send(jpeg(), STOP)

    assert (answer.status, answer.json["status"]) == (202, "pending_upload")
    assert answer.json["status_url"] == f"https://api.example/api/v1/photos/{answer.json['photo_id']}"
    assert door.parts.cloud.calls()["upload"] == 4
    assert [round(most - pause, 3) >= 0 for most, pause in zip((1, 2, 4), door.pauses, strict=True)] == [True] * 3
    assert door.attempts() == [("cloudinary", "condemned"), ("s3", "intent")]
    assert (len(door.objects()), door.parts.cloud.held()) == (1, {})
    assert door.rows("SELECT count(*) FROM hunt_progress") == [(0,)]


def test_a_parked_photo_is_finished_by_the_retry_worker_and_its_place_is_cleared(door):
    photo, key = jpeg(), str(uuid.uuid4())
    door.parts.cloud.arm("502_html", times=4)
    parked = door.send(photo, STOP, key=key)

    door.rows(DUE)
    done = door.retry()
    again = door.send(photo, STOP, key=key)
    reap(door)

    assert (parked.status, done) == (202, {"attempted": 1, "succeeded": 1, "failed": 0})
    assert (again.status, again.headers["Idempotency-Replayed"]) == (201, "true")
    assert again.json["photo_id"] == parked.json["photo_id"]
    assert again.json["hunt_progress"]["done"] is True
    assert [asset.bytes for asset in door.parts.cloud.held().values()] == [len(photo)]
    assert door.attempts() == [("cloudinary", "reaped"), ("s3", "reaped"), ("cloudinary", "committed")]
    assert door.objects() == []


def test_a_parked_photo_that_is_sent_again_is_not_parked_twice_and_is_stored_as_soon_as_it_can_be(door):
    photo, key = jpeg(), str(uuid.uuid4())
    door.parts.cloud.arm("420", times=2, operation="upload")

    answers = [door.send(photo, STOP, key=key) for _ in range(3)]

    assert [answer.status for answer in answers] == [202, 202, 201]
    assert len({answer.json["photo_id"] for answer in answers}) == 1
    assert door.rows("SELECT count(*) FROM attempts WHERE store = 's3'") == [(1,)]
    assert len(door.parts.cloud.held()) == 1


def test_a_store_that_refuses_our_credentials_is_left_alone_at_once_and_photos_are_parked(door):
    door.parts.cloud.arm("401")

    answers = [door.send(jpeg(), STOP) for _ in range(3)]

    assert [answer.status for answer in answers] == [202, 202, 202]
    assert door.parts.cloud.calls() == {"upload": 1}
    assert door.rows("SELECT name, state FROM breakers") == [("store:cloudinary", "open")]
    assert door.pauses == []


def test_five_uploads_that_fail_open_the_breaker_and_the_next_does_not_even_try(door):
    door.parts.cloud.arm("refuse", operation="upload")

    for _ in range(5):
        door.send(jpeg(), STOP)
    asked = door.parts.cloud.calls()["upload"]
    answer = door.send(jpeg(), STOP)

    assert (asked, door.parts.cloud.calls()["upload"]) == (20, 20)
    assert answer.status == 202


def test_after_its_pause_one_photo_finds_out_whether_the_store_is_back(door):
    door.parts.cloud.arm("401", times=1)
    door.send(jpeg(), STOP)
    door.rows(OPENED_LONG_AGO)

    answer = door.send(jpeg(), STOP)

    assert answer.status == 201
    assert door.rows("SELECT state FROM breakers") == [("closed",)]


def test_when_parking_fails_as_well_nothing_is_left_behind_and_the_same_request_may_come_again(door):
    photo, key = jpeg(), str(uuid.uuid4())
    homeless = door.another(BUCKET="nowhere")
    door.parts.cloud.arm("truncate", times=1)

    refused = homeless.send(photo, STOP, key=key)
    states = door.attempts()
    reap(door)
    left = (door.parts.cloud.held(), door.objects(), door.rows("SELECT count(*) FROM photos, hunt_progress"))
    door.rows("DELETE FROM breakers")
    again = door.send(photo, STOP, key=key)
    homeless.close()

    assert (refused.status, refused.json["code"], refused.json["retryable"]) == (503, "unavailable", True)
    assert int(refused.headers["Retry-After"]) > 0
    assert states == [("cloudinary", "condemned"), ("s3", "condemned")]
    assert left == ({}, [], [(0,)])
    assert again.status == 201


def test_a_lost_answer_is_asked_for_again_under_the_same_name(door):
    door.parts.cloud.arm("lose_reply", times=1, operation="upload")

    answer = door.send(jpeg(), STOP)

    assert answer.status == 201
    assert len(door.parts.cloud.held()) == 1
    assert door.attempts() == [("cloudinary", "committed")]


@pytest.mark.parametrize("fault", ["truncate", "other_asset"])
def test_a_store_that_holds_something_else_is_not_believed(door, fault):
    door.parts.cloud.arm(fault)

    answer = door.send(jpeg(), STOP)

    assert answer.status == 202
    assert door.parts.cloud.held() == {}
    assert door.rows("SELECT count(*) FROM photos") == [(0,)]


def test_what_lands_after_it_was_given_up_is_found_and_deleted(door):
    door.parts.cloud.arm("apply_late", operation="upload", seconds=0.3)

    answer = door.send(jpeg(), STOP)
    wait_until(door.parts.cloud.held)
    reap(door)

    assert answer.status == 202
    assert door.parts.cloud.held() == {}
    assert door.attempts() == [("cloudinary", "reaped"), ("s3", "intent")]


def test_a_store_that_hangs_leaves_enough_time_for_parking(door):
    door.parts.cloud.arm("slow", seconds=5)
    started = time.monotonic()

    answer = door.send(jpeg(), STOP, seconds=10)

    assert answer.status == 202
    assert door.parts.cloud.calls() == {"upload": 1}
    assert time.monotonic() - started < 3


def nobody(postgres_url):
    return "postgresql://postgres@127.0.0.1:1/keepsake"


def read_only(postgres_url):
    return f"{postgres_url}&options=-c%20default_transaction_read_only%3Don"


def crowded(postgres_url):
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS crowded")
        connection.execute("CREATE ROLE crowded LOGIN CONNECTION LIMIT 0")
    return postgres_url.replace("postgres@", "crowded@")


@pytest.mark.parametrize(
    "how",
    [
        nobody,
        crowded,
        read_only,
    ],
)
def test_without_the_ledger_no_store_is_called(door, how):
    lost = door.another(DATABASE_URL=how(door.parts.database_url))

    answer = lost.send(jpeg(), STOP)
    lost.close()

    assert (answer.status, answer.json["retryable"]) == (503, True)
    assert int(answer.headers["Retry-After"]) > 0
    assert door.parts.cloud.calls() == {}
    assert door.counts() == (0, 0, 0, 0)


def test_a_ledger_that_takes_connections_and_says_nothing_is_given_up_in_time(door):
    with socket.create_server(("127.0.0.1", 0)) as frozen:
        lost = door.another(DATABASE_URL=f"postgresql://postgres@127.0.0.1:{frozen.getsockname()[1]}/keepsake")

        answer = lost.send(jpeg(), STOP)

    assert answer.status == 503
    assert door.parts.cloud.calls() == {}
