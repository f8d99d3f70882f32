"""Who wakes the worker: the schedule, the night, and alarms, of which a bad one never takes the good ones along."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from shared.errors import StoreBusy
from shared.photos import StoreName
from tests.functions.retry_failed.conftest import EnoughForOne

LATER = datetime(2126, 1, 1, tzinfo=UTC)
LOGGED = "SELECT source, trigger, attempted FROM retry_logs ORDER BY created_at"


def test_every_ten_minutes_all_organisations_are_served(worker, parked, world):
    parked.one()
    parked.one(org=world.other_org, project=world.other_project, actor="stranger")
    parked.one(next_retry_at=LATER)

    told = worker.wake({})

    assert told == {"attempted": 2, "succeeded": 2, "failed": 0}
    assert parked.sql.execute(LOGGED).fetchall() == [("schedule", None, 1), ("schedule", None, 1)]


def test_at_night_what_is_transient_waits_no_longer(worker, parked):
    parked.one(next_retry_at=LATER)
    ambiguous = parked.one(next_retry_at=LATER, failure_class="ambiguous")

    told = worker.wake({"trigger": "nightly"})

    assert told["succeeded"] == 1
    assert parked.sql.execute(LOGGED).fetchall() == [("schedule", "nightly", 1)]
    assert parked.row(ambiguous, "next_retry_at") == LATER


def test_the_same_waking_twice_does_nothing_twice(worker, parked):
    parked.one()

    first, second = worker.wake({}), worker.wake({})

    assert (first["attempted"], second["attempted"]) == (1, 0)
    assert len(parked.sql.execute(LOGGED).fetchall()) == 1


def test_an_alarm_is_for_the_uploads_that_it_names(worker, parked):
    one, other, third = parked.many(3)

    worker.alarm({"upload_id": str(one)}, {"upload_ids": [str(other)]})

    assert parked.row(third, "state") == "open"
    assert parked.states() == {"committed": 2, "open": 1}
    assert parked.sql.execute(LOGGED).fetchall() == [("event", "alarm", 1), ("event", "alarm", 1)]


def test_an_alarm_that_names_none_is_for_all_that_is_due(worker, parked):
    parked.many(3)

    assert worker.alarm({"upload_ids": []}) == {"batchItemFailures": []}
    assert parked.states() == {"committed": 3}


@pytest.mark.parametrize("why", ["it is not due yet", "it is done", "nobody knows it"])
def test_an_alarm_for_what_is_not_due_leaves_no_trace_because(worker, parked, why):
    named = {
        "it is not due yet": lambda: parked.one(next_retry_at=LATER),
        "it is done": lambda: _done(worker, parked),
    }
    upload_id = named.get(why, uuid4)()
    parked.sql.execute("DELETE FROM retry_logs")

    assert worker.alarm({"upload_id": str(upload_id)}) == {"batchItemFailures": []}

    assert parked.sql.execute(LOGGED).fetchall() == []


BAD = ["", "nonsense", "[]", "{}", "[" * 100_000, {"upload_id": 7}, {"upload_id": "x"}, {"upload_ids": None}]


@pytest.mark.parametrize("bad", [*BAD, {"upload_ids": "all"}, {"upload_ids": [None]}])
def test_a_bad_alarm_comes_back_alone(worker, parked, bad):
    before, after = parked.many(2)

    told = worker.alarm({"upload_id": str(before)}, bad, {"upload_id": str(after)})

    assert told == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    assert parked.states() == {"committed": 2}


def test_what_a_run_had_no_time_for_another_goes_on_with(worker, parked):
    named = parked.many(2)

    worker.wake({}, seconds=5)
    worker.alarm({"upload_ids": [str(upload_id) for upload_id in named]}, seconds=5)

    assert worker.deps.alarm.now == [[], named]


def test_an_alarm_whose_uploads_are_all_done_wakes_nobody_for_all_the_others(worker, parked):
    named, _ = parked.many(2)

    worker.alarm({"upload_id": str(named)}, context=EnoughForOne())

    assert (parked.states(), worker.deps.alarm.now) == ({"committed": 1, "open": 1}, [])


def test_a_run_that_stopped_itself_is_not_gone_on_with(worker, parked):
    parked.many(12)
    worker.deps.stores[StoreName.CLOUDINARY].always = StoreBusy()

    told = worker.wake({})

    assert told == {"attempted": 10, "succeeded": 0, "failed": 10}
    assert worker.deps.alarm.now == []
    stopped = parked.sql.execute("SELECT stopped FROM retry_logs").fetchone()
    assert stopped == ("under 50 % of its attempts succeeded",)


def _done(worker, parked):
    upload_id = parked.one()
    worker.wake({})
    return upload_id
