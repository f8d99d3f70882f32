"""Numbered files, each applied once, forward only, by however many at a time."""

import subprocess
import sys
import threading
from pathlib import Path

import psycopg
import pytest

from sql.migrate import MigrationRefused, check, main, migrate


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "0001_one.sql").write_text("CREATE TABLE one (id int);")
    (tmp_path / "0002_two.sql").write_text("CREATE TABLE two (id int); INSERT INTO one VALUES (1);")
    return tmp_path


def test_what_is_missing_is_applied_in_order_and_once(empty_database_url, folder):
    assert migrate(empty_database_url, folder) == ["0001_one.sql", "0002_two.sql"]
    assert migrate(empty_database_url, folder) == []


def test_four_at_once_apply_each_file_once(empty_database_url, folder):
    gate, applied = threading.Barrier(4), []

    def run():
        gate.wait()
        applied.extend(migrate(empty_database_url, folder))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(applied) == ["0001_one.sql", "0002_two.sql"]
    assert _rows(empty_database_url, "SELECT count(*) FROM one") == [(1,)]


def test_a_changed_old_file_is_refused_by_its_name(empty_database_url, folder):
    migrate(empty_database_url, folder)
    (folder / "0001_one.sql").write_text("CREATE TABLE one (id bigint);")

    with pytest.raises(MigrationRefused, match=r"0001_one\.sql was changed"):
        migrate(empty_database_url, folder)


def test_a_file_that_vanished_is_refused_by_its_name(empty_database_url, folder):
    migrate(empty_database_url, folder)
    (folder / "0002_two.sql").unlink()

    with pytest.raises(MigrationRefused, match=r"has 0002_two\.sql"):
        migrate(empty_database_url, folder)


def test_a_file_numbered_into_the_past_is_refused(empty_database_url, folder):
    migrate(empty_database_url, folder)
    (folder / "0000_zero.sql").write_text("SELECT 1;")

    with pytest.raises(MigrationRefused, match=r"0000_zero\.sql is numbered before"):
        migrate(empty_database_url, folder)


def test_two_files_of_one_number_are_refused(empty_database_url, folder):
    (folder / "0002_also.sql").write_text("SELECT 1;")

    with pytest.raises(MigrationRefused, match="share a number: 0002"):
        migrate(empty_database_url, folder)


def test_a_file_that_fails_leaves_nothing_of_itself(empty_database_url, folder):
    (folder / "0003_bad.sql").write_text("CREATE TABLE three (id int); SELECT nonsense;")

    with pytest.raises(psycopg.errors.UndefinedColumn):
        migrate(empty_database_url, folder)

    assert check(empty_database_url, folder) == ["0003_bad.sql"]
    assert _rows(empty_database_url, "SELECT to_regclass('three')") == [(None,)]


def test_check_names_what_is_pending_and_changes_nothing(empty_database_url, capsys):
    assert main(["--check"], empty_database_url) == 1
    assert "pending 0001_tenants.sql" in capsys.readouterr().out
    assert _rows(empty_database_url, "SELECT to_regclass('schema_migrations')") == [(None,)]


def test_the_command_applies_and_then_says_that_all_is_done(empty_database_url):
    command = [sys.executable, "-m", "sql.migrate"]
    root = Path(__file__).parents[2]
    runs = [
        subprocess.run(
            command, cwd=root, env={"DATABASE_URL": empty_database_url}, capture_output=True, text=True, check=False
        )
        for _ in range(2)
    ]

    assert [run.returncode for run in runs] == [0, 0]
    assert "applied 0002_ledger.sql" in runs[0].stdout
    assert runs[1].stdout == "up to date\n"


def test_without_a_database_the_command_says_how_to_use_it(capsys):
    assert main([], None) == 2
    assert "DATABASE_URL=" in capsys.readouterr().err


def _rows(url, query):
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()
