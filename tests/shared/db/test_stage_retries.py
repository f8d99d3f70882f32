"""What failed for good begins anew when a member says so, once, and everybody can see it."""

import pytest

from shared.db.progress import PostgresProgress
from shared.db.stage_retries import PostgresStageRetries
from shared.photos import Caller
from shared.photos.progress import Position, Scope

BEGINNING = Position(0, 0)


@pytest.fixture
def progress(database):
    return PostgresProgress(database)


def kinds(updates):
    return [event.kind for event in updates.events]


FAIL = """
UPDATE stages SET state = 'failed', due_at = NULL, ended_at = now(), tries = 5, error_class = 'permanent',
       error_type = 'broken' WHERE photo_id = %s
"""


@pytest.fixture
def failed(stored, sql_of):
    photo = stored.photo("a")
    sql_of.execute(FAIL, (photo,))
    sql_of.execute("UPDATE photos SET stage = 'failed', status = 'permanently_failed' WHERE id = %s", (photo,))
    return photo


def test_a_failed_stage_begins_anew(world, failed, database, sql_of, progress):
    retried = PostgresStageRetries(database).retry(world.member, failed)

    assert (retried.status, retried.stage, retried.stages) == ("processing", "processing", ("process",))
    facts = "SELECT state, tries, due_at <= now(), hint_at <= now() FROM stages WHERE photo_id = %s"
    assert sql_of.execute(facts, (failed,)).fetchall() == [("due", 0, True, True)]
    assert sql_of.execute("SELECT status, stage FROM photos").fetchall() == [("processing", "processing")]
    assert {"retrying", "processing"} <= set(kinds(progress.updates(world.member, Scope(), BEGINNING)))


def test_asking_twice_is_answered_twice_until_somebody_is_at_it(world, failed, database, sql_of):
    retries = PostgresStageRetries(database)

    answers = [retries.retry(world.member, failed) for _ in range(2)]
    sql_of.execute("UPDATE stages SET tries = 1")
    later = retries.retry(world.member, failed)

    assert answers[0] == answers[1]
    assert later is None


def test_a_photo_that_only_cannot_be_searched_stays_completed(world, stored, database, sql_of):
    photo = stored.photo("a")
    sql_of.execute("UPDATE stages SET state = 'done', due_at = NULL, ended_at = now()")
    sql_of.execute("INSERT INTO stages (photo_id, stage, org_id) VALUES (%s, 'embed', %s)", (photo, world.org))
    sql_of.execute(FAIL + " AND stage = 'embed'", (photo,))
    sql_of.execute("UPDATE photos SET stage = 'failed', status = 'completed'")

    retried = PostgresStageRetries(database).retry(world.member, photo)

    assert (retried.status, retried.stage, retried.stages) == ("completed", "embedding", ("embed",))


@pytest.mark.parametrize("who", ["viewer", "gone", "nobody", "stranger"])
def test_nobody_else_has_it_tried_again(world, failed, database, who, sql_of):
    caller = Caller(who, world.other_org if who == "stranger" else world.org)

    assert PostgresStageRetries(database).retry(caller, failed) is None
    assert sql_of.execute("SELECT state FROM stages").fetchall() == [("failed",)]
