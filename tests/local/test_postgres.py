"""What the embedded Postgres survives, and that it ends."""

import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from local import postgres

pytestmark = pytest.mark.xdist_group("own-stack")


@pytest.fixture
def data() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="ks-") as folder:
        found = Path(folder) / "home" / "pg"
        found.parent.mkdir()
        yield found
        postgres.end(found)


def test_what_was_committed_survives_a_restart_and_a_kill(data):
    _execute(postgres.start(data), "CREATE TABLE kept AS SELECT 7 AS n")
    postgres.end(data)
    assert not postgres.is_running(data)
    postgres.start(data)
    os.kill(int((data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)

    url = postgres.start(data)

    assert _execute(url, "SELECT n FROM kept") == [(7,)]


def test_a_server_left_running_is_taken_over_in_good_order(data):
    url = postgres.start(data)
    _execute(url, "CREATE TABLE kept AS SELECT 7 AS n")

    url = postgres.start(data)

    assert _execute(url, "SELECT n FROM kept") == [(7,)]
    assert "not properly shut down" not in (data / "log").read_text()


def test_a_process_number_that_another_program_has_by_now_is_no_server(data):
    postgres.start(data)
    written = (data / "postmaster.pid").read_text()
    postgres.end(data)
    ours = written.replace(written.split()[0], str(os.getpid()), 1)
    (data / "postmaster.pid").write_text(ours)
    (data / ".s.PGSQL.5432.lock").write_text(ours)

    assert _execute(postgres.start(data), "SELECT 1") == [(1,)]


def test_a_folder_whose_making_was_cut_off_is_made_anew(data):
    data.mkdir()
    (data / "PG_VERSION").write_text("18")

    assert _execute(postgres.start(data), "SELECT 1") == [(1,)]


def test_it_listens_on_no_port_and_its_folder_is_closed_to_others(data):
    postgres.start(data)
    server = psutil.Process(int((data / "postmaster.pid").read_text().split()[0]))

    assert server.net_connections("inet") == []
    assert data.parent.stat().st_mode & 0o066 == 0


def _execute(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []
