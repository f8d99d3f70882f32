"""What every run leaves behind, and what the night pulls forward."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from shared.db.connection import Question
from shared.db.retries import PostgresRetries
from shared.db.retry_facts import RetryRun
from shared.photos import Caller

LATER = datetime(2126, 1, 1, tzinfo=UTC)
JOIN = "INSERT INTO memberships (org_id, actor_id, role) VALUES (%(org)s, 'boss', 'admin')"


@pytest.fixture
def retries(as_api) -> PostgresRetries:
    return PostgresRetries(as_api)


def test_at_night_nothing_transient_waits_any_longer(database, parked):
    retries = PostgresRetries(database)
    transient, ambiguous = parked.one(next_retry_at=LATER), parked.one(next_retry_at=LATER, failure_class="ambiguous")

    assert (retries.pull_forward(10), retries.pull_forward(10)) == (1, 0)

    assert parked.row(transient, "next_retry_at <= now()")
    assert not parked.row(ambiguous, "next_retry_at <= now()")


def test_a_run_is_written_once_and_found_by_its_organisation_alone(retries, world, database):
    run = RetryRun("manual", org_id=world.org, trigger="t", requested_by="admin", filters={"ids": ["a"]}, attempted=3)
    run = RetryRun(**{name: getattr(run, name) for name in run.__slots__} | {"success": 2, "failed": 1})

    first, again = retries.log(run), retries.log(RetryRun("client", id=run.id, org_id=world.org))

    assert first.created_at == again.created_at
    assert (again.source, again.success, again.filters) == ("manual", 2, {"ids": ["a"]})
    assert retries.find(world.admin, run.id) == first
    assert retries.find(world.admin, uuid4()) is None
    stranger = Caller("boss", world.other_org)
    database.ask(Question(JOIN, {"org": world.other_org}))
    assert PostgresRetries(database).find(stranger, run.id) is None


def test_the_health_of_the_last_week_can_be_read_from_the_log(retries, world, sql_of):
    for _ in range(2):
        retries.log(RetryRun("manual", org_id=world.org, attempted=3, success=2, failed=1, by_user={"member": 3}))

    asked = (
        "SELECT source, sum(attempted), round(100.0 * sum(success) / nullif(sum(attempted), 0), 2) FROM retry_logs"
    )
    (row,) = sql_of.execute(f"{asked} WHERE created_at > now() - interval '7 days' GROUP BY 1").fetchall()

    assert tuple(map(str, row)) == ("manual", "6", "66.67")
