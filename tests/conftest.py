"""The parts every test may ask for: real ones, each made once for a session and handed out clean."""

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql

from local import postgres
from shared.db.connection import Database
from sql.migrate import migrate

if TYPE_CHECKING:
    from tests.support.client import Client

# What keeps a stack of its own for a whole session; its tests must all come to the same worker.
TOGETHER = (
    "tests/stack/",
    "tests/browser/",
    "tests/security/",
    "tests/load/",
    "tests/functions/upload/",
    "tests/functions/uppy/",
    "tests/crash/test_",
    "tests/local/test_run",
    "tests/local/test_postgres",
)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Hand out tests by file, and those that share a stack by their folder."""
    from xdist.scheduler import LoadScopeScheduling

    class ByHome(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            found = next((home for home in TOGETHER if nodeid.startswith(home)), None)
            return found or nodeid.split("::")[0]

    return ByHome(config, log)


@pytest.fixture(scope="session")
def scratch() -> Iterator[Path]:
    """A short path: sockets do not like long ones."""
    folder = Path(tempfile.mkdtemp(prefix="ks-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_url(scratch: Path) -> Iterator[str]:
    """A Postgres of this session's own. It may forget on a power cut; no test is about those."""
    url = postgres.start(scratch / "pg")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("ALTER SYSTEM SET synchronous_commit = off")
        connection.execute("SELECT pg_reload_conf()")
    yield url
    postgres.end(scratch / "pg")


@pytest.fixture(scope="session")
def template_database(postgres_url: str) -> str:
    """A migrated database that every other one is a copy of."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE keepsake_template")
    migrate(_url_of(postgres_url, "keepsake_template"))
    return "keepsake_template"


@pytest.fixture
def empty_database_url(postgres_url: str) -> Iterator[str]:
    """A database without any table."""
    with _database(postgres_url, "template0") as url:
        yield url


@pytest.fixture
def database_url(postgres_url: str, template_database: str) -> Iterator[str]:
    """A migrated database of the test's own."""
    with _database(postgres_url, template_database) as url:
        yield url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    found = Database(database_url)
    yield found
    found.close()


@pytest.fixture
def sql_of(database_url: str) -> Iterator[psycopg.Connection]:
    """A plain connection, to arrange rows and to look at them."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def client(scratch: Path) -> Iterator["Client"]:
    """A running stack, as its users see it: one for all tests of a worker that ask for it."""
    from local.stack import start
    from tests.support.client import Client
    from tests.support.ports import free_ports

    # The stack takes three ports; the neighbour after them is where a test may serve what is imported.
    first = free_ports(4)
    with start(scratch / "stack", first, say=lambda _: None, fetch_allowed=[f"127.0.0.1:{first + 3}"]) as stack:
        made = Client(stack)
        yield made
        made.pool.clear()


@pytest.fixture(scope="session")
def corpus() -> Path:
    """Files nobody here wrote."""
    folder = Path(os.environ.get("KEEPSAKE_CORPUS", "nowhere"))
    if not folder.is_dir():
        pytest.skip("KEEPSAKE_CORPUS names no folder of hostile files")
    return folder


class _database:  # noqa: N801 - reads like the context it is
    def __init__(self, server: str, template: str) -> None:
        self._server, self._template = server, template
        self._name = f"t_{uuid.uuid4().hex}"

    def __enter__(self) -> str:
        self._run("CREATE DATABASE {} TEMPLATE {}", self._name, self._template)
        return _url_of(self._server, self._name)

    def __exit__(self, *_: object) -> None:
        self._run("DROP DATABASE {} WITH (FORCE)", self._name)

    def _run(self, statement: str, *names: str) -> None:
        with psycopg.connect(self._server, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _url_of(server: str, name: str) -> str:
    return server.replace("/keepsake?", f"/{name}?")
