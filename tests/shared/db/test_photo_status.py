"""A photo's status moves forward, once, says since when, and tells others of its end."""

import threading

import psycopg
import pytest

from shared.db.photos import PhotoReader
from shared.photos import Caller, PhotoStatus, Reply

EARLIER = {PhotoStatus.UPLOADED, PhotoStatus.PROCESSING, PhotoStatus.FAILED}


@pytest.fixture
def photos(database):
    return PhotoReader(database)


def test_a_status_moves_forward_and_says_since_when(stored, photos, sql_of):
    robot, photo = stored.service(), stored.photo("a")

    moved = photos.move(robot, photo, before=EARLIER, status=PhotoStatus.PROCESSING, detail=None)

    assert moved[0] is PhotoStatus.PROCESSING
    assert sql_of.execute("SELECT status, processing_at FROM photos").fetchall() == [moved]


def test_the_same_status_again_changes_nothing(stored, photos, sql_of):
    robot, photo = stored.service(), stored.photo("a")

    first = photos.move(robot, photo, before=EARLIER, status=PhotoStatus.COMPLETED, detail=None)
    second = photos.move(robot, photo, before=EARLIER, status=PhotoStatus.COMPLETED, detail=None)

    assert first == second
    assert sql_of.execute("SELECT count(*) FROM outbox WHERE topic = 'photo.completed'").fetchone() == (1,)


@pytest.mark.parametrize(
    ("status", "topic", "stamp"),
    [
        ("completed", "photo.completed", "completed_at"),
        ("failed", "photo.failed", "failed_at"),
        ("permanently_failed", "photo.failed", "failed_at"),
    ],
)
def test_an_end_is_told_to_others_with_its_reason(stored, photos, sql_of, *, status, topic, stamp):
    robot, photo = stored.service(), stored.photo("a")

    _, since = photos.move(robot, photo, before=EARLIER, status=PhotoStatus(status), detail="too dark")

    told = sql_of.execute("SELECT payload FROM outbox WHERE topic = %s", (topic,)).fetchall()
    ids = {"photo_id": str(photo), "org_id": str(stored.world.org), "project_id": str(stored.world.project)}
    assert told == [({**ids, "status": status, "detail": "too dark"},)]
    assert sql_of.execute(f"SELECT {stamp} FROM photos").fetchone() == (since,)


def test_what_stands_elsewhere_is_left_there_and_said(stored, photos, sql_of):
    robot, photo = stored.service(), stored.photo("a")
    _, since = photos.move(robot, photo, before=EARLIER, status=PhotoStatus.COMPLETED, detail=None)

    answer = photos.move(robot, photo, before=EARLIER, status=PhotoStatus.FAILED, detail="no")

    assert answer == (PhotoStatus.COMPLETED, since)
    assert sql_of.execute("SELECT status, failed_at FROM photos").fetchone() == ("completed", None)
    assert sql_of.execute("SELECT count(*) FROM outbox WHERE topic = 'photo.failed'").fetchone() == (0,)


def test_whoever_reports_second_hears_where_the_first_one_left_it(world, stored, photos, database_url, sql_of):
    robot, photo = stored.service(), stored.photo("a")
    heard = []
    with psycopg.connect(database_url) as first:
        first.execute("UPDATE photos SET status = 'completed', completed_at = now()")
        report = {"before": EARLIER, "status": PhotoStatus.FAILED, "detail": None}
        second = threading.Thread(target=lambda: heard.append(photos.move(robot, photo, **report)))
        second.start()
        _until_somebody_waits(sql_of)
        first.commit()
    second.join()

    assert heard[0][0] is PhotoStatus.COMPLETED


@pytest.mark.parametrize("who", ["member", "admin", "viewer", "gone", "stranger"])
def test_only_a_service_of_the_organisation_moves_a_status(world, stored, photos, sql_of, who):
    photo = stored.photo("a")

    moved = photos.move(Caller(who, world.org), photo, before=EARLIER, status=PhotoStatus.COMPLETED, detail=None)

    assert moved is None
    assert sql_of.execute("SELECT status FROM photos").fetchone() == ("uploaded",)


def test_a_deleted_photo_moves_no_more(world, stored, photos):
    robot, photo = stored.service(), stored.photo("a")
    photos.delete(world.member, photo, stored.key_of(photo), Reply(410, {"code": "gone"}))

    assert photos.move(robot, photo, before=EARLIER, status=PhotoStatus.COMPLETED, detail=None) is None


def _until_somebody_waits(connection):
    query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    while connection.execute(query).fetchone() == (0,):
        pass
