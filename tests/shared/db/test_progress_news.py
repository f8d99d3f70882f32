"""News are told in an order in which whoever goes on from the last one misses none."""

import psycopg
import pytest

from shared.db.connection import Database
from shared.db.progress import MOST_EVENTS, PostgresProgress
from shared.photos.progress import LARGEST_POSITION, Position, Scope

BEGINNING = Position(0, 0)


@pytest.fixture
def progress(database):
    return PostgresProgress(database)


def kinds(updates):
    return [event.kind for event in updates.events]


def test_news_come_in_order_from_where_the_last_answer_ended(world, stored, progress, sql_of):
    start = progress.updates(world.member, Scope(), LARGEST_POSITION)
    photo = stored.photo("a")
    sql_of.execute("UPDATE photos SET stage = 'processing' WHERE id = %s", (photo,))
    first = progress.updates(world.member, Scope(), start.position)
    sql_of.execute("UPDATE photos SET stage = 'ready' WHERE id = %s", (photo,))

    second = progress.updates(world.member, Scope(), first.position)

    assert start.events == ()
    assert kinds(first) == ["uploaded", "processing"]
    assert kinds(second) == ["ready"]
    assert second.events[0].facts["photo_id"] == str(photo)
    assert progress.updates(world.member, Scope(), second.position).events == ()
    # Whoever was cut off in the middle goes on behind the event that they saw.
    assert kinds(progress.updates(world.member, Scope(), first.events[0].position)) == ["processing", "ready"]


def test_an_earlier_id_of_a_slow_transaction_is_not_missed(world, stored, progress, sql_of, database_url):
    slow_photo, quick_photo = stored.photo("slow"), stored.photo("quick")
    seen = progress.updates(world.member, Scope(), BEGINNING)
    move = "UPDATE photos SET stage = 'processing' WHERE id = %s"
    with psycopg.connect(database_url) as slow:
        slow.execute(move, (slow_photo,))
        sql_of.execute(move, (quick_photo,))
        meanwhile = progress.updates(world.member, Scope(), seen.position)
        slow.commit()
    ids = [int(i) for (i,) in sql_of.execute("SELECT id FROM progress_events WHERE kind = 'processing' ORDER BY xid")]

    after = progress.updates(world.member, Scope(), meanwhile.position)

    assert ids == sorted(ids)
    assert kinds(meanwhile) == []
    assert [event.facts["photo_id"] for event in after.events] == [str(slow_photo), str(quick_photo)]


def test_a_later_transaction_with_a_smaller_id_is_not_missed(world, stored, progress, sql_of, database_url):
    """The id is drawn before the number of the transaction can be: only both together are an order."""
    photo = stored.photo("a")
    write = (
        "INSERT INTO progress_events (id, org_id, actor_id, photo_id, kind) OVERRIDING SYSTEM VALUE"
        " VALUES (%s, %s, 'member', %s, %s)"
    )
    start = progress.updates(world.member, Scope(), BEGINNING).position
    sql_of.execute(write, (2_000, world.org, photo, "large id"))
    first = progress.updates(world.member, Scope(), start)
    sql_of.execute(write, (1_000, world.org, photo, "small id"))

    second = progress.updates(world.member, Scope(), first.position)

    assert kinds(first) == ["large id"]
    assert kinds(second) == ["small id"]


def test_more_than_an_answer_takes_comes_in_several_and_all_of_it(world, progress, sql_of):
    sql_of.execute(
        "INSERT INTO progress_events (org_id, actor_id, photo_id, project_id, kind)"
        " SELECT %s, 'member', gen_random_uuid(), CASE WHEN n %% 100 = 0 THEN %s END, n::text"
        " FROM generate_series(1, %s) n",
        (world.org, world.project, MOST_EVENTS + 100),
    )

    first = progress.updates(world.member, Scope(), BEGINNING)
    second = progress.updates(world.member, Scope(), first.position)
    of_project = progress.updates(world.member, Scope(project_id=world.project), BEGINNING)
    rest = progress.updates(world.member, Scope(project_id=world.project), of_project.position)

    assert (len(first.events), first.more, len(second.events), second.more) == (MOST_EVENTS, True, 100, False)
    assert kinds(first) + kinds(second) == [str(n) for n in range(1, MOST_EVENTS + 101)]
    assert kinds(of_project) + kinds(rest) == [str(n) for n in range(100, MOST_EVENTS + 101, 100)]


def test_a_place_from_a_database_that_was_ahead_of_this_one_leads_back(world, stored, progress):
    ahead = Position(2**60, 5)

    updates = progress.updates(world.member, Scope(), ahead)
    stored.photo("a")

    assert updates.position < ahead
    assert kinds(progress.updates(world.member, Scope(), updates.position)) == ["uploaded"]


def test_what_will_be_tried_again_says_how_often_it_was_and_when(world, stored, progress, sql_of):
    photo = stored.photo("a")
    start = progress.updates(world.member, Scope(), LARGEST_POSITION).position
    sql_of.execute(
        "UPDATE stages SET due_at = now() + interval '5 minutes', tries = 2, error_class = 'transient',"
        " error_type = 'rate_limited' WHERE photo_id = %s",
        (photo,),
    )

    (event,) = progress.updates(world.member, Scope(), start).events

    assert event.kind == "retrying"
    assert (event.facts["stage"], event.facts["tries"], event.facts["error"]) == ("process", 2, "rate_limited")
    assert event.facts["next_at"] > event.facts["at"]


def test_a_parked_upload_that_will_be_tried_again_says_so_and_one_that_failed_too(world, stored, progress, sql_of):
    upload = stored.pending("a")
    sql_of.execute(
        "UPDATE uploads SET failure_class = 'transient', failure_type = 'store_busy', tries = 1,"
        " next_retry_at = now() + interval '1 minute' WHERE id = %s",
        (upload,),
    )
    sql_of.execute(
        "UPDATE uploads SET state = 'failed', resp_status = 502, resp_body = '{}', finished_at = now(),"
        " next_retry_at = NULL WHERE id = %s",
        (upload,),
    )

    retrying, failed = progress.updates(world.member, Scope(), BEGINNING).events

    assert (retrying.kind, retrying.facts["tries"], retrying.facts["photo_id"]) == ("retrying", 1, str(upload))
    assert (failed.kind, failed.facts["error"]) == ("failed", "store_busy")


def test_one_answer_costs_one_round_trip(world, stored, database_url, tmp_path):
    stored.photo("a")
    database = Database(database_url)
    progress = PostgresProgress(database)
    progress.stats(world.member, Scope(project_id=world.project))
    log = tmp_path / "trace"
    with log.open("w") as written:
        database._connection.pgconn.trace(written.fileno())
        progress.updates(world.member, Scope(), BEGINNING)
        progress.stats(world.member, Scope())
        progress.stats(world.member, Scope())
        database._connection.pgconn.untrace()
    database.close()

    assert log.read_text().count("\tSync") == 2
