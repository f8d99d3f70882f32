"""What a person may have tried again: of their own organisation, what they mean, and only what we can go on with."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from shared.db.retries import PostgresRetries
from shared.db.retry_facts import Chosen
from shared.errors import Forbidden
from shared.photos import Caller

ALL = Chosen()
LATER = datetime(2126, 1, 1, tzinfo=UTC)
NOON = datetime(2026, 5, 17, 12, tzinfo=UTC)


@pytest.fixture
def retries(as_api) -> PostgresRetries:
    return PostgresRetries(as_api)


def ids_of(reopened):
    return [each.upload_id for each in reopened]


def test_what_ended_is_open_again_with_more_tries_and_comes_first(retries, parked, world):
    upload_id = parked.ended(tries=5)

    assert ids_of(retries.reopen(world.admin, ALL, 10)) == [upload_id]

    columns = "state", "tries", "most_tries", "priority", "finished_at", "resp_body", "next_retry_at <= now()"
    assert parked.row(upload_id, *columns) == ("open", 5, 10, 100, None, None, True)


def test_what_waits_waits_no_longer_and_keeps_its_place_where_it_had_one(retries, parked, world):
    waiting = parked.one(next_retry_at=LATER, tries=3)
    due = parked.one()
    since = parked.row(due, "next_retry_at")

    retries.reopen(world.admin, ALL, 10)

    assert parked.row(waiting, "tries", "most_tries", "next_retry_at <= now()") == (3, 10, True)
    assert parked.row(due, "next_retry_at") == since


def test_however_often_it_was_tried_a_person_gives_it_one_try_more(retries, parked, world):
    upload_id = parked.ended(tries=12, most_tries=10)

    retries.reopen(world.admin, ALL, 10)

    assert parked.row(upload_id, "most_tries") == 13


def test_asked_again_there_is_nothing_more_to_do(retries, parked, world):
    parked.ended()
    parked.one(next_retry_at=LATER)

    first, second = retries.reopen(world.admin, ALL, 10), retries.reopen(world.admin, ALL, 10)

    assert (len(first), second) == (2, [])
    assert retries.look(world.admin, ALL, 10).matched == 0


def test_a_question_whose_answer_was_lost_is_answered_when_it_is_asked_again(retries, parked, world, monkeypatch):
    upload_id = parked.ended()
    ask = retries._database.ask
    monkeypatch.setattr(retries._database, "ask", lambda question: (ask(question), ask(question))[1])

    assert ids_of(retries.reopen(world.admin, ALL, 10)) == [upload_id]

    assert parked.row(upload_id, "priority") == 100


# What nobody can go on with, or what is none of ours: it is neither counted nor touched.
HANDS_OFF = {
    "its bytes are gone": {"parked_key": None},
    "it never failed": {"failure_class": None, "failure_type": None},
    "somebody is at it": {"next_retry_at": None, "lease_until": LATER},
}


@pytest.mark.parametrize("why", HANDS_OFF)
def test_it_is_left_alone_because(retries, parked, world, why):
    upload_id = parked.one(**HANDS_OFF[why])
    before = parked.row(upload_id, "uploads::text")

    seen, reopened = retries.look(world.admin, ALL, 10), retries.reopen(world.admin, ALL, 10)

    assert (seen.matched, reopened, parked.row(upload_id, "uploads::text")) == (0, [], before)


def test_what_failed_for_good_without_its_bytes_stays_so(retries, parked, world):
    upload_id = parked.ended(parked_key=None)

    assert retries.reopen(world.admin, ALL, 10) == []

    assert parked.row(upload_id, "state") == "failed"


def test_an_import_needs_no_bytes_of_ours_because_it_can_be_fetched_again(retries, parked, world, sql_of):
    venue = uuid4()
    sql_of.execute("INSERT INTO venues (id, org_id, name) VALUES (%s, %s, 'V')", (venue, world.org))
    fetched = {"door": "import", "provider": "flickr", "provider_url": "https://f.example/1", "venue_id": venue}
    upload_id = parked.ended(parked_key=None, project_id=None, **fetched)

    by_provider = retries.reopen(world.admin, Chosen(providers=("flickr",)), 10)

    assert ids_of(by_provider) == [upload_id]


FILTERS = {
    "class": (Chosen(classes=("ambiguous",)), {"failure_class": "ambiguous"}),
    "type": (Chosen(error_types=("outcome_unknown", "x")), {"failure_type": "outcome_unknown"}),
    "store": (Chosen(providers=("imagekit",)), {"store": "imagekit"}),
    "door": (Chosen(doors=("direct",)), {"door": "direct"}),
    "actor": (Chosen(of_actor="gone"), {"actor_id": "gone"}),
    "age": (Chosen(older_than=NOON), {"created_at": NOON - timedelta(seconds=1)}),
    "youth": (Chosen(newer_than=LATER - timedelta(days=1)), {"created_at": LATER}),
}


@pytest.mark.parametrize("by", FILTERS)
def test_filters_narrow_down_by(retries, parked, world, by):
    chosen, columns = FILTERS[by]
    parked.many(2)
    meant = parked.one(**columns)

    seen, reopened = retries.look(world.admin, chosen, 10), retries.reopen(world.admin, chosen, 10)

    assert (seen.matched, ids_of(reopened)) == (1, [meant])


def test_filters_narrow_down_by_project_and_by_id_and_all_of_them_must_fit(retries, parked, world):
    one, other = parked.many(2)

    assert retries.look(world.admin, Chosen(project_id=world.project), 10).matched == 2
    assert retries.look(world.admin, Chosen(project_id=uuid4()), 10).matched == 0
    assert retries.look(world.admin, Chosen(venue_id=uuid4()), 10).matched == 0
    assert retries.look(world.admin, Chosen(ids=(one,), classes=("ambiguous",)), 10).matched == 0
    assert ids_of(retries.reopen(world.admin, Chosen(ids=(one, uuid4())), 10)) == [one]
    assert parked.row(other, "priority") == 0


def test_the_most_urgent_first_then_the_oldest_and_no_more_than_the_limit(retries, parked, world):
    young, old, urgent = parked.many(3)
    parked.set(old, created_at=NOON)
    parked.set(urgent, priority=7)

    assert {*ids_of(retries.reopen(world.admin, ALL, 2))} == {urgent, old}
    assert parked.row(young, "priority") == 0


def test_a_look_counts_everything_lists_the_first_and_changes_nothing(retries, parked, world):
    parked.many(3)
    ended = parked.ended(failure_type="outcome_unknown", priority=1)
    before = parked.sql.execute("SELECT uploads::text FROM uploads ORDER BY id").fetchall()

    seen = retries.look(world.admin, ALL, 2)

    assert seen.matched == 4
    assert (seen.by_class, seen.by_type) == (
        {"transient": 3, "permanent": 1},
        {"store_busy": 3, "outcome_unknown": 1},
    )
    assert seen.uploads[0]["upload_id"] == str(ended)
    assert len(seen.uploads) == 2
    assert parked.sql.execute("SELECT uploads::text FROM uploads ORDER BY id").fetchall() == before


def test_what_belongs_to_others_is_never_touched(retries, parked, world, database):
    theirs = parked.one(org=world.other_org, project=world.other_project, actor="stranger")
    before = parked.row(theirs, "uploads::text")

    for asking in (retries, PostgresRetries(database)):  # behind the wall of the database, and without it
        assert asking.look(world.admin, Chosen(ids=(theirs,)), 10).matched == 0
        assert asking.reopen(world.admin, Chosen(ids=(theirs,)), 10) == []

    assert parked.row(theirs, "uploads::text") == before


@pytest.mark.parametrize("who", ["member", "viewer", "gone", "stranger", "nobody"])
def test_nobody_but_an_admin_or_a_service_is_answered(retries, parked, world, who):
    upload_id = parked.ended()
    caller = Caller(who, world.org)

    for ask in (retries.look, retries.reopen):
        with pytest.raises(Forbidden):
            ask(caller, ALL, 10)
    with pytest.raises(Forbidden):
        retries.find(caller, uuid4())

    assert parked.row(upload_id, "state") == "failed"


def test_what_is_opened_again_takes_what_it_gave_back(retries, parked, world, sql_of):
    sql_of.execute("INSERT INTO allowances (id, org_id, files, bytes) VALUES (%s, %s, 0, 0)", (world.org, world.org))
    parked.ended(reserved=2048)
    retries.reopen(world.admin, ALL, 10)

    assert sql_of.execute("SELECT files, bytes FROM allowances").fetchone() == (1, 2048)
