"""Parked uploads, and a worker that tries them again over a real ledger."""

from collections.abc import Iterator

import pytest

from tests.shared.db.conftest import World, world  # noqa: F401 - a fixture
from tests.shared.uploads.parked import FakeDeps, Parked


@pytest.fixture
def parked(world, sql_of) -> Parked:  # noqa: F811
    return Parked(world, sql_of)


@pytest.fixture
def deps(world, database_url) -> Iterator[FakeDeps]:  # noqa: F811
    made = FakeDeps(f"{database_url}&options=-crole%3Dkeepsake_worker")
    yield made
    made.database.close()
