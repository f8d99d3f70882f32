"""An audit dies anywhere, runs short of time or of calls, and goes on where it was; it never runs twice at once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from shared.db.audit_records import AuditSource
from shared.media import cloudinary_listing, s3_listing
from shared.photos import StoreName
from shared.resilience.budget import Budget
from shared.settings import AuditSettings
from shared.uploads import audit_doubt
from shared.uploads.audit import LEASE, ONE_STEP, run_audit, start_audit
from tests.shared.uploads.audit_parts import audit_aws, audit_cloud, deployment  # noqa: F401 - fixtures


@pytest.fixture
def world(deployment):  # noqa: F811
    return deployment


@pytest.fixture(autouse=True)
def short_pages(monkeypatch):
    monkeypatch.setattr(s3_listing, "PAGE", 2)
    monkeypatch.setattr(cloudinary_listing, "PAGE", 2)


class Steps(Budget):
    """Time for so many steps, counted by how often somebody asks whether there is time."""

    def __init__(self, count: int) -> None:
        super().__init__(lambda: 60.0)
        self._count = count

    def allows(self, seconds: float) -> bool:
        self._count -= seconds == ONE_STEP
        return self._count >= 0


def amiss(world):
    """One of each, and what they are called."""
    stray, reaped = world.name(), world.row("reaped")
    for name in (stray, reaped):
        world.put(name)
    lost = world.row("committed", "v1")
    for _ in range(3):
        world.photo()
    gone = world.row("committed", store="cloudinary")
    for _ in range(3):
        world.asset(world.row("committed", store="cloudinary"))
    return {"orphan": {stray}, "condemned_there": {reaped}, "missing": {lost, gone}}


@pytest.mark.parametrize("steps", [2, 3, 7])
def test_it_ends_the_same_however_little_time_each_invocation_has(world, steps):
    expected = amiss(world)
    audit_id = start_audit(uuid4(), AuditSource.SCHEDULE, world.deps)

    for _ in range(60):
        run_audit(world.deps, Steps(steps), world.later)

    ended = world.deps.audits.find(audit_id)
    assert (ended.state, world.findings(ended)) == ("done", expected)
    assert (ended.counts["objects"], ended.counts["rows"]) == (8, 8)


@pytest.mark.parametrize("survived", [1, 3, 6])
def test_it_goes_on_after_a_death_and_counts_nothing_twice(world, survived, monkeypatch):
    expected = amiss(world)
    audit_id = start_audit(uuid4(), AuditSource.MANUAL, world.deps)
    monkeypatch.setattr(type(world.deps.audits), "leave", lambda *_: None)
    run_audit(world.deps, Steps(survived), world.later)

    meanwhile = run_audit(world.deps, Budget.seconds(60), world.later)
    world.sql.execute("UPDATE audits SET lease_until = now()")
    run_audit(world.deps, Budget.seconds(60), world.later)

    ended = world.deps.audits.find(audit_id)
    assert meanwhile is None
    assert (ended.state, world.findings(ended), ended.counts["objects"]) == ("done", expected, 8)


def test_whoever_lost_the_lease_writes_nothing_more(world):
    start_audit(uuid4(), AuditSource.MANUAL, world.deps)
    late = world.deps.audits.take(LEASE)
    world.sql.execute("UPDATE audits SET lease_until = now()")
    world.deps.audits.take(LEASE)

    assert world.deps.audits.save(late, {"part": 2}, LEASE) is False
    assert world.deps.audits.end(late, {}, "k", None) is False
    world.deps.audits.leave(late, {"part": 2})
    assert world.sql.execute("SELECT cursor, state FROM audits").fetchone() == ({}, "running")


def test_calls_are_counted_by_the_day_and_the_next_day_goes_on(world):
    for _ in range(5):
        world.asset(world.row("committed", store="cloudinary"))
    vars(world.deps)["_settings"][AuditSettings] = AuditSettings(stage="test", audit_admin_calls=2)
    audit_id = start_audit(uuid4(), AuditSource.MANUAL, world.deps)
    noon = datetime(2126, 5, 17, 12, tzinfo=UTC)
    world.cloud.cloud.calls.clear()

    for hour in range(3):
        run_audit(world.deps, Budget.seconds(60), lambda hour=hour: noon + timedelta(hours=hour))
    today = world.cloud.calls()["admin"], str(world.deps.audits.find(audit_id).state)
    run_audit(world.deps, Budget.seconds(60), lambda: noon + timedelta(days=1))

    ended = world.deps.audits.find(audit_id)
    assert today == (2, "running")
    assert (world.cloud.calls()["admin"], ended.state, ended.counts["rows"]) == (3, "done", 5)


def test_a_look_at_cloudinary_is_a_call_too(world):
    for _ in range(2):
        world.row("committed", store="cloudinary")
    vars(world.deps)["_settings"][AuditSettings] = AuditSettings(stage="test", audit_admin_calls=2)
    world.cloud.cloud.calls.clear()

    found = world.audit()

    assert (found.state, world.cloud.calls()["admin"]) == ("running", 2)


def test_there_is_one_at_a_time_and_whoever_asks_gets_that_one(world):
    first = start_audit(uuid4(), AuditSource.MANUAL, world.deps)

    assert start_audit(uuid4(), AuditSource.SCHEDULE, world.deps) == first


def test_without_one_that_runs_there_is_nothing_to_go_on_with(world):
    assert run_audit(world.deps, Budget.seconds(60)) is None


def test_one_that_does_not_end_within_a_week_is_stopped(world):
    lost = world.row("committed", "v1")
    audit_id = start_audit(uuid4(), AuditSource.MANUAL, world.deps)
    world.sql.execute("UPDATE audits SET began_at = now() - interval '8 days'")

    run_audit(world.deps, Budget.seconds(60), world.later)

    ended = world.deps.audits.find(audit_id)
    assert (ended.state, "week" in ended.stopped, world.is_missing(lost)) == ("stopped", True, False)


@pytest.mark.parametrize(("orphans", "lost"), [(11, 0), (0, 11)])
def test_when_more_than_one_in_a_hundred_is_amiss_nothing_is_touched(world, orphans, lost, capsys):
    strays = [world.name() for _ in range(orphans)]
    for name in strays:
        world.put(name)
    rows = [world.row("committed", "v1") for _ in range(lost)]
    world.photo()

    found = world.audit(source=AuditSource.SCHEDULE)

    assert (found.state, "more than one in a hundred" in found.stopped) == ("stopped", True)
    assert (found.counts["orphans"], found.counts["missing"]) == (orphans, lost)
    assert not any(map(world.is_marked, strays))
    assert not any(map(world.is_missing, rows))
    assert "retention" not in found.counts
    assert '"AuditStopped": 1' in capsys.readouterr().out


def test_ten_are_never_too_many(world):
    rows = [world.row("committed", "v1") for _ in range(10)]

    found = world.audit()

    assert (found.state, all(map(world.is_missing, rows))) == ("done", True)


def test_what_nobody_could_look_through_is_not_written_down(world, monkeypatch):
    monkeypatch.setattr(audit_doubt, "MOST_FINDINGS", 3)
    for _ in range(9):
        world.put(world.name())

    found = world.audit()

    assert (found.state, found.counts["orphans"]) == ("stopped", 4)


def test_a_list_that_is_not_sorted_by_name_is_not_compared(world, monkeypatch):
    photos = [world.photo() for _ in range(2)]
    s3 = type(world.deps.listed_stores[StoreName.S3])
    page = s3.page
    upside_down = lambda *asked: replace(found := page(*asked), held=found.held[::-1])  # noqa: E731
    monkeypatch.setattr(s3, "page", upside_down)

    found = world.audit()

    assert (found.state, "not sorted" in found.stopped) == ("stopped", True)
    assert not any(map(world.is_missing, photos))
