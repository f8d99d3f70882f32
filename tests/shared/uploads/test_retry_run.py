"""A run over what is due: what it takes in which order, what it leaves alone, and when it stops by itself."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from shared.db.retry_facts import RetryRun
from shared.errors import OutcomeUnknown, ProviderDown, StoreBusy
from shared.photos import StoreName
from shared.resilience.budget import Budget
from shared.uploads.retry_run import Stop, run_due, run_logged
from tests.shared.uploads.parked import ENDED

PLENTY = Budget.seconds(10_000)
CL, IK = StoreName.CLOUDINARY, StoreName.IMAGEKIT


def ago(**time) -> datetime:
    return datetime.now(UTC) - timedelta(**time)


# Each of these rows is stuck and must go on, or is none of our business: what is special about it, and which of both.
CASES = {
    "due since a minute": ({}, True),
    "due since a year": ({"next_retry_at": ago(days=365)}, True),
    "due in an hour": ({"next_retry_at": ago(days=-365)}, False),
    "due at no time": ({"next_retry_at": None}, False),
    "held by a living worker": ({"lease_until": ago(days=-365)}, False),
    "held by a worker that is late": ({"lease_until": ago(minutes=1)}, True),
    "failed for good": (ENDED, False),
    "without bytes of ours": ({"parked_key": None}, False),
    "at its last try": ({"tries": 4}, True),
    "one more than all its tries": ({"tries": 5}, True),
    "asked for by a person after all its tries": ({"tries": 5, "most_tries": 10}, True),
}


@pytest.mark.parametrize("what", CASES)
def test_a_run_takes_what_is_stuck_and_nothing_else(deps, parked, what):
    columns, is_taken = CASES[what]
    upload_id = parked.one(**columns)
    before = parked.row(upload_id, "uploads::text")

    tally = run_due(deps, PLENTY)

    assert (upload_id in tally.touched) is is_taken
    assert (parked.row(upload_id, "uploads::text") == before) is not is_taken


def test_what_is_done_is_left_alone_and_a_second_run_finds_nothing(deps, parked):
    parked.many(4)
    first = run_due(deps, PLENTY)
    before = parked.sql.execute("SELECT * FROM uploads ORDER BY id").fetchall()

    second = run_due(deps, PLENTY)

    assert (first.success, second.touched) == (4, set())
    assert parked.sql.execute("SELECT * FROM uploads ORDER BY id").fetchall() == before


def test_the_most_urgent_is_first_then_the_longest_waiting(deps, parked):
    late, urgent, later, early = parked.many(4)
    for minute, upload_id in enumerate((early, late, later, urgent)):
        parked.set(upload_id, next_retry_at=ago(hours=1, minutes=-minute))
    parked.set(urgent, priority=100)
    order = []
    deps.store = lambda name: _Noting(deps.stores[name], order)

    run_due(deps, PLENTY)

    assert order == [urgent, early, late, later]


def test_it_stops_when_less_than_half_of_ten_or_more_succeeds(deps, parked):
    parked.many(30)
    deps.stores[CL].failures.extend([None, StoreBusy()] * 5 + [StoreBusy()] * 20)

    tally = run_due(deps, PLENTY)

    assert (tally.attempted, tally.success, tally.failed) == (11, 5, 6)
    assert tally.stopped == Stop.IN_VAIN == "under 50 % of its attempts succeeded"


def test_half_is_enough_and_nine_failures_are_only_bad_luck(deps, parked):
    parked.many(20)
    deps.stores[CL].failures.extend([StoreBusy()] * 9 + [None] * 11)

    assert run_due(deps, PLENTY).attempted == 10

    deps.stores[CL].failures.clear()
    deps.stores[CL].failures.extend([StoreBusy(), None] * 5)
    assert run_due(deps, PLENTY).stopped is None


def test_a_store_that_is_out_is_asked_once_and_the_others_go_on(deps, parked):
    out, fine = parked.many(12), parked.many(12, store="imagekit")
    deps.stores[CL].always = ProviderDown()

    tally = run_due(deps, PLENTY)

    assert (tally.attempted, tally.success, tally.skipped, tally.stopped) == (12, 12, 1, None)
    assert len(deps.stores[CL].puts) == 1
    assert {parked.row(upload_id, "tries") for upload_id in out} == {0}
    assert set(fine) < tally.touched


def test_between_two_for_the_same_store_there_is_a_pause_and_none_before_the_first(deps, parked):
    parked.many(3)
    parked.one(store="imagekit")

    run_due(deps, PLENTY)

    assert deps.pauses == [0.2, 0.2]


def test_nothing_is_begun_that_could_be_cut_off(deps, parked):
    parked.many(3)
    seconds = iter([100.0, 50.0, 19.9])

    tally = run_due(deps, Budget(lambda: next(seconds)), needs=20.0)

    assert (tally.attempted, tally.stopped) == (2, Stop.TIME)
    assert parked.states() == {"committed": 2, "open": 1}


def test_one_bad_row_does_not_keep_the_others_from_being_tried(deps, parked):
    parked.many(2)
    parked.one(details="{}", priority=1)

    tally = run_due(deps, PLENTY)

    assert (tally.success, dict(tally.by_type)) == (2, {"retry_broke": 1})


def test_a_run_leaves_one_row_with_what_it_did_and_for_whom(deps, parked, world):
    parked.many(2)
    parked.many(2, actor="admin")
    deps.stores[CL].failures.extend([StoreBusy(), OutcomeUnknown()])

    run_logged(RetryRun("schedule", trigger="nightly"), deps, PLENTY)

    columns = "org_id, source, trigger, attempted, success, failed, skipped, by_type, by_user, stopped"
    (row,) = parked.sql.execute(f"SELECT {columns} FROM retry_logs").fetchall()
    assert row[:7] == (world.org, "schedule", "nightly", 4, 2, 2, 0)
    assert row[7:] == ({"store_busy": 1, "outcome_unknown": 1}, {"member": 2, "admin": 2}, None)


def test_a_run_over_several_organisations_leaves_each_a_row_of_its_own(deps, parked, world):
    parked.many(2)
    parked.one(org=world.other_org, project=world.other_project, actor="stranger")

    tally, runs = run_logged(RetryRun("schedule"), deps, PLENTY)

    assert tally.attempted == 3
    assert {run.org_id: (run.attempted, run.by_user) for run in runs} == {
        world.org: (2, {"member": 2}),
        world.other_org: (1, {"stranger": 1}),
    }
    assert parked.sql.execute("SELECT sum(attempted), count(*) FROM retry_logs").fetchone() == (3, 2)


def test_a_run_that_nobody_asked_for_and_that_found_nothing_leaves_no_row(deps, parked, world):
    run_logged(RetryRun("schedule"), deps, PLENTY)
    run_logged(RetryRun("manual", org_id=world.org, requested_by="admin"), deps, PLENTY)

    assert parked.sql.execute("SELECT source FROM retry_logs").fetchall() == [("manual",)]


class _Noting:
    """A store that notes whose bytes it is given."""

    def __init__(self, store, order):
        self._store, self._order = store, order

    def put(self, name, asset, *rest, **more):
        self._order.append(UUID(asset.labels["upload_id"]))
        return self._store.put(name, asset, *rest, **more)
