"""A report says what is so in one organisation, to its admins, and knows nothing of any other."""

from uuid import uuid4

import pytest

from shared.db.connection import Database
from shared.db.reports import REPORTS, PostgresReports
from shared.errors import Forbidden, NotFound
from shared.photos import Caller
from tests.shared.db.troubled import Troubled
from tests.support.roles import api_url


@pytest.fixture
def ours(sql_of) -> Troubled:
    return Troubled(sql_of)


@pytest.fixture
def theirs(sql_of) -> Troubled:
    return Troubled(sql_of)


@pytest.fixture
def database(database_url):
    """As the role that serves clients: it sees one organisation at a time."""
    made = Database(api_url(database_url))
    yield made
    made.close()


@pytest.fixture
def read(database, ours):
    reports = PostgresReports(database)

    def ask(name, *, of=ours, who="admin", limit=100):
        database.acting_for = of.org
        return reports.read(Caller(who, of.org), name, limit)

    return ask


@pytest.fixture
def told(read):
    """A report as one dict for each row."""

    def ask(name, **options):
        table = read(name, **options)
        return [dict(zip(table.columns, row, strict=True)) for row in table.rows]

    return ask


def test_an_empty_report_has_names_and_no_rows(read):
    tables = {name: read(name) for name in REPORTS}

    for name, table in tables.items():
        assert len(table.columns) > 3
        assert not any(column.startswith("_") for column in table.columns)
        # Days are there, whatever happened on them.
        assert len(table.rows) == (7 if name == "upload_reliability" else 0)
        assert not table.truncated


@pytest.mark.parametrize("who", ["member", "viewer", "service", "nobody"])
def test_reports_are_for_admins_alone(read, ours, who):
    ours.open()

    for name in REPORTS:
        with pytest.raises(Forbidden):
            read(name, who=who)


def test_a_report_that_there_is_not_names_those_that_there_are(read):
    with pytest.raises(NotFound, match="retry_health_7_days") as refused:
        read("pg_shadow")

    assert refused.value.facts["reports"] == list(REPORTS)


def test_a_long_report_is_cut_and_says_so(read, ours):
    for _ in range(3):
        ours.open()

    assert (len(read("pending_uploads", limit=2).rows), read("pending_uploads", limit=2).truncated) == (2, True)
    assert (len(read("pending_uploads", limit=3).rows), read("pending_uploads", limit=3).truncated) == (3, False)


def test_retry_health_counts_a_week_by_source_and_divides_by_nothing(told, ours, theirs):
    ours.run("schedule", 2, 1)
    ours.run("schedule", 1, 1)
    ours.run("client-sync", 0, 0)
    ours.run("manual", 9, 9, created_at="2020-01-01")
    theirs.run("schedule", 50, 50)

    schedule, sync = told("retry_health_7_days")

    assert (schedule["source"], schedule["runs"], schedule["total_attempted"]) == ("schedule", 2, 3)
    assert (schedule["total_success"], schedule["total_failed"]) == (2, 1)
    assert schedule["success_rate_percent"] == 66.67
    assert (sync["source"], sync["success_rate_percent"]) == ("client-sync", None)


def test_failures_are_counted_by_provider_and_type(told, ours, theirs):
    venue = ours.venue("Krakow")
    ours.image(venue, "failed", failure_type="not_found")
    ours.image(venue, "failed", failure_type="not_found")
    ours.image(venue, "open", failure_class="transient", failure_type="rate_limited")
    ours.failed("not_found", store="cloudinary")
    ours.open()
    theirs.failed("not_found")

    rows = told("failures_by_provider_and_type")

    counted = [(r["provider"], r["failure_type"], r["failures"], r["permanently_failed"]) for r in rows]
    assert counted == [
        ("google", "not_found", 2, 2),
        ("cloudinary", "not_found", 1, 1),
        ("google", "rate_limited", 1, 0),
    ]
    assert rows[2]["failure_class"] == "transient"


def venues_of(ours):
    """One that went well, one that failed, and two of which some is there."""
    for name, stored, failed in (("whole", 2, 0), ("gone", 0, 2), ("third", 2, 1), ("half", 1, 1)):
        venue = ours.venue(name)
        for _ in range(stored):
            ours.image(venue, "stored")
        for _ in range(failed):
            ours.image(venue, "failed")
        if name == "half":
            ours.image(venue, "open", failure_class="transient", failure_type="rate_limited")


def test_partial_successes_are_venues_with_both(told, ours, theirs):
    venues_of(ours)
    venues_of(theirs)

    rows = told("partial_successes")

    named = [(r["name"], r["images"], r["uploaded"], r["failed"], r["failure_rate_pct"]) for r in rows]
    assert named == [("half", 3, 1, 2, 66.7), ("third", 3, 2, 1, 33.3)]


def test_a_failure_that_succeeded_later_is_none_any_more(told, ours):
    venue = ours.venue("v")
    ours.image(venue, "failed", provider_url="https://images.example/same")
    ours.image(venue, "stored", provider_url="https://images.example/same")

    assert told("partial_successes") == told("venues_by_priority") == []


def test_venues_come_by_priority(told, ours):
    venues_of(ours)

    rows = told("venues_by_priority")

    # failed * 10 + failure_rate_pct + 20 where one will pass by itself + activity / 100
    assert [(r["name"], r["priority"]) for r in rows] == [("gone", 120.0), ("half", 106.7), ("third", 43.4)]
    assert [r["activity"] for r in rows] == [2, 3, 3]


def test_users_are_ordered_by_how_often_their_uploads_were_tried_again(told, ours, theirs):
    ours.failed(actor_id="unlucky", tries=5)
    ours.open(actor_id="unlucky", tries=1)
    ours.stored(actor_id="lucky", tries=2)
    ours.stored(actor_id="lucky")
    old = ours.failed(actor_id="long ago", tries=9)
    ours.ago("uploads", "created_at", "31 days", old)
    theirs.failed(actor_id="foreign", tries=50)

    rows = told("users_by_retries")

    facts = [(r["actor_id"], r["retries"], r["uploads_retried"], r["recovered"], r["failed"]) for r in rows]
    assert facts == [("unlucky", 6, 2, 0, 1), ("lucky", 2, 1, 1, 0)]


def test_pending_uploads_say_what_they_wait_for(told, ours, theirs):
    left = ours.open()
    ours.ago("uploads", "created_at", "1 hour", left)
    parked = ours.open(parked_key="k", next_retry_at="now")
    ours.ago("uploads", "created_at", "30 minutes", parked)
    ours.open(lease_until="2999-01-01")
    ours.stored()
    ours.failed()
    theirs.open()

    rows = told("pending_uploads")

    assert [r["standing"] for r in rows] == ["left by its client", "parked", "held"]
    assert 3_600 <= rows[0]["waiting_seconds"] < 3_700


def test_a_lease_that_is_over_for_minutes_is_stuck(told, ours, theirs):
    stuck = ours.open(lease_until="2026-01-01")
    ours.open(lease_until="2999-01-01")
    late = ours.open(lease_until="now")
    ours.ago("uploads", "lease_until", "4 minutes", late)
    theirs.open(lease_until="2026-01-01")

    assert [r["upload_id"] for r in told("stuck_leases")] == [stuck]


def test_what_waits_in_any_queue_comes_oldest_first(told, ours, theirs):
    for each in (ours, theirs):
        each.delivery(created_at="2026-01-01")
        each.news(created_at="2026-01-02", topic="photo.detect")
        each.news(published_at="now", created_at="2025-01-01", topic="photo.detect")
        each.stored()

    rows = told("oldest_queue_items")

    assert [r["queue"] for r in rows] == ["deliveries", "outbox", "stages"]
    assert [r["what"] for r in rows] == ["t", "photo.detect", "process"]


def test_stuck_messages_are_dead_or_were_tried_often(told, ours, theirs):
    ours.news(tries=2)
    ours.news(tries=3, last_error="no", created_at="2026-01-01")
    ours.news(tries=20, dead_at="now", created_at="2026-01-02")
    ours.news(tries=9, published_at="now")
    theirs.news(tries=20, dead_at="now")

    assert [(r["standing"], r["tries"]) for r in told("stuck_messages")] == [("tried often", 3), ("dead", 20)]


def test_an_audit_is_told_with_what_it_found_of_ones_own(told, ours, theirs):
    audit = ours.audit()
    ours.finding(audit, "orphan", f"dev/{ours.org}/x/1")
    ours.finding(audit, "orphan", f"derived/dev/{ours.org}/x/1/thumb.webp", settled_at="now")
    ours.finding(audit, "missing", f"dev/{ours.org}/y/1", org_id=ours.org)
    ours.finding(audit, "orphan", f"dev/{theirs.org}/x/1")
    ours.finding(audit, "orphan", "somebody-elses")

    (row,) = told("orphan_history")

    assert (row["orphans"], row["missing"], row["extra_versions"], row["unsettled"]) == (2, 1, 0, 2)
    assert [r["orphans"] for r in told("orphan_history", of=theirs)] == [1]


def test_an_import_is_what_was_claimed_at_once(told, ours, theirs):
    for each in (ours, theirs):
        venue = each.venue("Krakow")
        done = {"created_at": "now"}
        with each.sql.transaction():
            each.image(venue, "stored", **done)
            each.image(venue, "failed", failure_type="not_found", **done)
            each.image(venue, "failed", failure_type="not_found", **done)
            each.image(venue, "open", failure_class="transient", failure_type="rate_limited", **done)
        each.image(venue, "stored")
        each.image(venue, "failed", created_at="2020-01-01")

    partial, whole = told("import_jobs_7_days")

    counts = (partial["images_discovered"], partial["images_uploaded"], partial["images_failed"])
    assert counts == (4, 1, 3)
    assert partial["failure_breakdown"] == {"not_found": 2, "rate_limited": 1}
    assert (partial["name"], partial["completed_at"]) == ("Krakow", None)
    assert (whole["images_failed"], whole["failure_breakdown"]) == (0, {})
    assert whole["completed_at"] is not None


def test_reliability_counts_what_was_stored_and_what_failed_on_each_day(told, ours, theirs):
    ours.stored()
    deleted = ours.stored()
    ours.sql.execute("UPDATE photos SET deleted_at = now(), attempt_id = NULL WHERE id = %s", (deleted,))
    ours.failed()
    ours.failed("abandoned")
    week_old = ours.failed()
    ours.ago("uploads", "finished_at", "9 days", week_old)
    theirs.failed()

    today, *days = told("upload_reliability")

    assert (today["stored"], today["failed"], today["abandoned"], today["reliability_percent"]) == (2, 1, 1, 66.67)
    assert {(day["stored"], day["failed"], day["reliability_percent"]) for day in days} == {(0, 0, None)}
    assert [len(day["day"]) for day in days] == [10] * 6


def test_a_report_costs_one_round_trip(read, database, tmp_path):
    read("pending_uploads")
    log = tmp_path / "trace"
    with log.open("w") as written:
        database._connection.pgconn.trace(written.fileno())
        read("pending_uploads")
        database._connection.pgconn.untrace()

    assert log.read_text().count("\tSync") == 1


def test_nobody_reads_of_an_organisation_that_their_connection_does_not_act_for(database, ours):
    ours.open()
    database.acting_for = uuid4()

    with pytest.raises(Forbidden):
        PostgresReports(database).read(Caller("admin", ours.org), "pending_uploads", 10)
