"""Every step of an upload leaves one line that says whose it was and how long it took; numbers go to CloudWatch."""

import uuid

from tests.functions.upload.door import STOP, lines, metrics
from tests.shared.imaging.made import gps, tiff
from tests.shared.imaging.made import jpeg as made
from tests.support.client import jpeg

STEPS = ("saga.step", "saga.step_failed", "saga.undone")


def steps(written):
    return [(line["message"], line["step"]) for line in written if line.get("message") in STEPS]


def test_each_step_is_one_line_with_its_ids_its_target_and_its_time(door, capsys):
    key = str(uuid.uuid4())

    answer = door.send(jpeg(), STOP, key=key, x_request_id="my-request-0001")

    told = [line for line in lines(capsys) if "message" in line]
    ids = {
        "request_id": "my-request-0001",
        "upload_id": answer.json["upload_id"],
        "photo_id": answer.json["photo_id"],
        "idempotency_key": key,
        **STOP,
    }
    assert [step for _, step in steps(told)] == ["store_asset", "verify_asset", "commit_photo", "publish_photo"]
    assert all({name: line.get(name) for name in ids} == ids for line in told)
    assert all(line["took_ms"] >= 0 for line in told if line["message"] != "upload.committed")


def test_the_log_says_which_fields_of_the_hunts_progress_were_written(door, capsys):
    door.send(jpeg(), STOP)

    (committed,) = [line for line in lines(capsys) if line.get("message") == "upload.committed"]
    assert committed["hunt_progress"] == "completed_at,done,photo_url"


def test_a_replay_names_the_upload_it_repeats(door, capsys):
    photo, key = jpeg(), str(uuid.uuid4())
    first = door.send(photo, STOP, key=key)
    capsys.readouterr()

    door.send(photo, STOP, key=key)

    claimed, done = lines(capsys)
    assert (claimed["message"], claimed["verdict"]) == ("upload.claimed", "replay")
    assert claimed["upload_id"] == done["upload_id"] == first.json["upload_id"]


def test_what_fails_and_what_is_taken_back_are_lines_too(door, capsys):
    door.parts.cloud.arm("truncate", times=1)

    door.send(jpeg(), STOP)

    assert steps(lines(capsys)) == [
        ("saga.step", "store_asset"),
        ("saga.step_failed", "verify_asset"),
        ("saga.undone", "condemn_asset"),
        ("saga.step", "allot_place"),
        ("saga.step", "park_asset"),
        ("saga.step", "promise"),
        ("saga.step", "ring_later"),
    ]


def test_a_stored_photo_is_two_latencies(door, capsys):
    door.send(jpeg(), STOP)

    found = metrics(lines(capsys))
    assert set(found) == {"UploadLatency", "StoreLatency"}
    assert found["UploadLatency"][0] >= found["StoreLatency"][0] > 0


def test_retries_compensations_and_parking_are_counted(door, capsys):
    door.parts.cloud.arm("500", operation="upload")

    door.send(jpeg(), STOP)

    found = metrics(lines(capsys))
    assert (sum(found["Retries"]), found["Compensations"], found["Parked"]) == (3, [1], [1])
    assert "UploadLatency" not in found


def test_the_breaker_says_what_it_became(door, capsys):
    door.parts.cloud.arm("401", times=1)
    door.send(jpeg(), STOP)
    door.rows("UPDATE breakers SET opened_at = now() - interval '31 seconds'")
    door.send(jpeg(), STOP)

    assert metrics(lines(capsys))["BreakerState"] == [2, 1, 0]


def test_where_a_photo_was_taken_is_in_no_line_and_in_no_reply(door, capsys):
    photo = made(exif=tiff(gps=gps((52, 1), (13, 1)))).ljust(2_000, b"\0")

    answer = door.send(photo)

    assert door.rows("SELECT exif ? 'gps_coordinates' FROM photos") == [(True,)]
    assert "exif" not in str(answer.json)
    written = capsys.readouterr().out
    assert "gps" not in written
    assert "52.5" not in written
