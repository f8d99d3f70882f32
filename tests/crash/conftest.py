"""The parts that the tests with real processes share."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.crash.house import House, house


@pytest.fixture(scope="session")
def shared_house(scratch: Path, postgres_url: str, template_database: str) -> Iterator[House]:
    """One for all: each test has an organisation of its own in it."""
    home = scratch / "crash"
    home.mkdir()
    with psycopg.connect(postgres_url, autocommit=True) as server:
        server.execute(f"CREATE DATABASE crash TEMPLATE {template_database}")
        with house(home, postgres_url.replace("/keepsake?", "/crash?")) as built:
            yield built
        server.execute("DROP DATABASE crash WITH (FORCE)")


@pytest.fixture(name="house")
def _house(shared_house: House) -> Iterator[House]:
    """Calm and empty before a test: what an earlier one left behind would never come to rest."""
    shared_house.gate.clear()
    shared_house.calm()
    shared_house.rows("TRUNCATE uploads, attempts, photos, hunt_progress, outbox, breakers CASCADE")
    yield shared_house
    shared_house.gate.set()
    shared_house.calm()
