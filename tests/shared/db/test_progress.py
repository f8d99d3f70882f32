"""Counts are those of the rows themselves, whatever happens to them, and nobody waits for another to count."""

import threading
from uuid import uuid4

import psycopg
import pytest

from shared.db.progress import FRESH_SECONDS, MOST_KEPT, PostgresProgress
from shared.errors import Forbidden
from shared.photos import Caller, Loss, Reply
from shared.photos.progress import LARGEST_POSITION, Position, Scope

BEGINNING = Position(0, 0)
EVERYBODY = Scope(everybody=True)
COUNTED = """
SELECT stage, count(*) FROM (
    SELECT stage FROM photos WHERE deleted_at IS NULL
     UNION ALL
    SELECT CASE state WHEN 'open' THEN 'uploading' ELSE 'failed' END FROM uploads WHERE state <> 'committed') each
 GROUP BY stage
"""


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def progress(database, clock):
    return PostgresProgress(database, clock=clock)


def counts(progress, caller, scope=EVERYBODY):
    """Without those that are none: they come and go."""
    found = progress.updates(caller, scope, LARGEST_POSITION).stats.counts
    return {stage: n for stage, n in found.items() if n}


def kinds(updates):
    return [event.kind for event in updates.events]


def test_the_counts_are_those_of_the_rows_after_everything_that_can_happen(world, stored, progress, sql_of, database):
    def agree():
        return counts(progress, world.member) == dict(sql_of.execute(COUNTED).fetchall())

    stored.pending("waiting")
    assert agree()
    photos = [stored.photo(f"p{n}") for n in range(4)]
    stored.photo("twin", sha="cd" * 32)
    assert agree()
    for stage, photo in zip(("processing", "embedding", "ready", "failed"), photos, strict=True):
        sql_of.execute("UPDATE photos SET stage = %s WHERE id = %s", (stage, photo))
    assert agree()
    stored.photo("first", world.to_stop)
    stored.photo("second", world.to_stop)
    assert agree()
    lost = world.claim("lost", sha256="ef" * 32)
    world.ledger.condemn(lost.attempt.id, Loss("permanent", "t", "d", reply=Reply(422, {"code": "x"})))
    assert agree()
    sql_of.execute(
        "UPDATE uploads SET state = 'open', finished_at = NULL, resp_body = NULL, resp_status = NULL"
        " WHERE state = 'failed'"
    )
    assert agree()
    sql_of.execute("DELETE FROM attempts WHERE upload_id = %s", (lost.attempt.upload_id,))
    sql_of.execute("DELETE FROM uploads WHERE id = %s", (lost.attempt.upload_id,))
    assert agree()
    assert sum(counts(progress, world.member).values()) == 7


def test_a_page_of_uploads_is_counted_as_what_it_is(world, progress):
    intentions = [world.intention(f"k{n}", sha256=f"{n:064x}") for n in range(20)]
    world.ledger.claim(world.member, intentions, world.terms())

    again = world.ledger.claim(world.member, intentions, world.terms(exclusive=False))

    assert len(again) == 20
    assert counts(progress, world.member) == {"uploading": 20}


def test_each_sees_their_own_and_whoever_asks_for_all_sees_all_of_one_organisation(world, stored, progress, sql_of):
    stored.photo("a")
    stored.photo("b", caller=world.admin)
    other = world.intention("c", target=None)
    stranger = Caller("stranger", world.other_org)
    theirs = type(other)(other.door, "c", type(world.to_project)(project_id=world.other_project), other.declared)
    world.ledger.claim(stranger, [theirs], world.terms())

    assert counts(progress, world.member, Scope()) == {"uploaded": 1}
    assert counts(progress, world.member) == {"uploaded": 2}
    assert counts(progress, stranger) == {"uploading": 1}
    assert kinds(progress.updates(stranger, EVERYBODY, BEGINNING)) == []


def test_a_project_is_counted_by_itself(world, stored, progress):
    stored.photo("a")
    stored.photo("b", world.to_stop)

    assert counts(progress, world.member, Scope(project_id=world.project)) == {"uploaded": 1}
    assert counts(progress, world.member, Scope(project_id=uuid4())) == {}
    events = progress.updates(world.member, Scope(project_id=world.project), BEGINNING).events
    assert {event.facts["project_id"] for event in events} == {str(world.project)}


@pytest.mark.parametrize("who", ["gone", "nobody"])
def test_who_is_no_member_is_told_nothing(world, progress, who):
    caller = Caller(who, world.org)

    with pytest.raises(Forbidden):
        progress.stats(caller, Scope())
    with pytest.raises(Forbidden):
        progress.updates(caller, Scope(), BEGINNING)


def test_counts_are_kept_for_five_seconds_and_for_each_by_themselves(world, stored, progress, clock):
    before = progress.stats(world.member, Scope())
    stored.photo("a")

    clock.now += FRESH_SECONDS - 0.1
    kept, of_all = progress.stats(world.member, Scope()), progress.stats(world.member, EVERYBODY)
    clock.now += 0.2
    fresh = progress.stats(world.member, Scope())

    assert kept is before
    assert of_all.counts["uploaded"] == fresh.counts["uploaded"] == 1


def test_no_container_keeps_more_than_it_may(world, progress):
    for _ in range(MOST_KEPT + 5):
        progress.stats(world.member, Scope(project_id=uuid4()))

    assert len(progress._kept) == MOST_KEPT


def test_those_who_count_at_the_same_time_do_not_wait_for_each_other(world, stored, database_url, progress):
    photo = stored.photo("a")
    move = "UPDATE photos SET stage = %s WHERE id = %s"
    with psycopg.connect(database_url) as slow, psycopg.connect(database_url) as quick:
        slow.execute(move, ("processing", photo))
        quick.execute("SET lock_timeout = '1s'")
        quick.execute("SELECT count_progress(%s, 'member', %s, 'processing', 1)", (world.org, world.project))
        quick.commit()
        slow.commit()

    assert counts(progress, world.member) == {"processing": 2}


def test_two_that_count_in_opposite_order_do_not_lock_each_other_out(world, database_url, progress, sql_of):
    count = "SELECT count_progress(%s, 'member', %s, %s, 1)"
    meet = threading.Barrier(2, timeout=10)
    errors = []

    def run(first, second):
        with psycopg.connect(database_url) as connection:
            connection.execute(count, (world.org, world.project, first))
            meet.wait()
            try:
                connection.execute(count, (world.org, world.project, second))
            except psycopg.Error as error:
                errors.append(error)

    both = [threading.Thread(target=run, args=order) for order in (("ready", "failed"), ("failed", "ready"))]
    for each in both:
        each.start()
    for each in both:
        each.join(10)

    assert errors == []
    assert counts(progress, world.member) == {"ready": 2, "failed": 2}
