"""What an operator asks by hand is what the reports ask, of all organisations at once."""

from pathlib import Path

import psycopg
import pytest
from psycopg.rows import dict_row

import sql.ops
from shared.db.reports import REPORTS, PostgresReports
from shared.photos import Caller
from sql.ops import texts
from tests.shared.db.troubled import Troubled

HERE = Path(sql.ops.__file__).parent


def lived_in(connection) -> Troubled:
    """An organisation of which every report has something to say."""
    made = Troubled(connection)
    venue = made.venue("Krakow")
    made.image(venue, "stored")
    made.image(venue, "failed", tries=5)
    made.open(lease_until="2026-01-01")
    made.run("schedule", 3, 2)
    made.news(tries=20, dead_at="now")
    made.news(tries=4)
    made.delivery()
    return made


@pytest.fixture
def both(sql_of):
    pair = lived_in(sql_of), lived_in(sql_of)
    audit = pair[0].audit()
    for each in pair:
        each.finding(audit, "orphan", f"dev/{each.org}/x/1")
    return pair


@pytest.fixture
def ask(database_url):
    """As `psql -f` would: the file as it is, without any parameter."""
    with psycopg.connect(database_url, autocommit=True, row_factory=dict_row) as connection:
        yield lambda name: connection.execute((HERE / f"{name}.sql").read_text()).fetchall()


def test_the_files_are_what_the_reports_say():
    written = {file.name: file.read_text() for file in HERE.glob("*.sql")}

    assert written == texts(), "run: python -m sql.ops"


@pytest.mark.parametrize("name", REPORTS)
def test_a_file_begins_with_its_question_and_leaves_no_organisation_out(name):
    text = (HERE / f"{name}.sql").read_text()

    assert text.splitlines()[0] == f"-- {REPORTS[name].asks}"
    assert text.splitlines()[0].endswith("?")
    assert "%(" not in text
    assert text.count("OR true)") == REPORTS[name].sql.count("%(org_id)s") > 0


def test_an_operator_sees_both_organisations_together(both, ask, database):
    reports = PostgresReports(database)
    for name in REPORTS:
        alone = [reports.read(Caller("admin", each.org), name, 100) for each in both]

        rows = ask(name)

        assert tuple(rows[0]) == alone[0].columns
        assert all(table.rows for table in alone)
        if name in ROW_BY_ROW:
            assert len(rows) == sum(len(table.rows) for table in alone)


ROW_BY_ROW = {"oldest_queue_items", "partial_successes", "pending_uploads", "stuck_leases", "stuck_messages"}
SUMS = {
    "retry_health_7_days": "total_attempted",
    "failures_by_provider_and_type": "failures",
    "users_by_retries": "retries",
    "orphan_history": "orphans",
    "upload_reliability": "stored",
    "venues_by_priority": "failed",
    "import_jobs_7_days": "images_discovered",
}


def test_the_parts_of_the_organisations_add_up_to_the_whole(both, ask, database):
    reports = PostgresReports(database)
    for name, column in SUMS.items():
        tables = [reports.read(Caller("admin", each.org), name, 100) for each in both]

        parts = sum(row[table.columns.index(column)] for table in tables for row in table.rows)

        assert sum(row[column] for row in ask(name)) == parts > 0


def test_one_organisation_is_asked_for_as_the_head_of_a_file_says(both, database_url):
    text = (HERE / "pending_uploads.sql").read_text()
    one = text.replace(sql.ops.NOBODY, str(both[0].org)).replace(" OR true", "")

    with psycopg.connect(database_url) as connection:
        assert len(connection.execute(one).fetchall()) == 1


def test_asking_changes_nothing(both, database_url):
    with psycopg.connect(database_url) as connection:
        connection.read_only = True
        for name in REPORTS:
            connection.execute((HERE / f"{name}.sql").read_text())
