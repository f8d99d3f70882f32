"""Parked uploads, and a worker that tries them again over a real ledger."""

from collections.abc import Iterator

import pytest

from tests.shared.db.conftest import parked, world  # noqa: F401 - fixtures
from tests.shared.uploads.parked import FakeDeps
from tests.support.roles import worker_url


@pytest.fixture
def deps(world, database_url) -> Iterator[FakeDeps]:  # noqa: F811
    made = FakeDeps(worker_url(database_url))
    yield made
    made.database.close()
