"""A running stack, and a client of it. All tests of this folder share one, and never what is in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.stack import start
from tests.support.client import Client
from tests.support.ports import free_ports

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items):
    """One worker keeps the stack, so that there is only one."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.xdist_group("stack"))


@pytest.fixture(scope="session")
def client(scratch: Path) -> Iterator[Client]:
    with start(scratch / "stack", free_ports(), say=lambda _: None) as stack:
        made = Client(stack)
        yield made
        made.pool.clear()


@pytest.fixture(autouse=True)
def fresh_rate(client: Client) -> None:
    """The demo user's bucket is for people; a test that is about limits empties it by itself."""
    client.rows("DELETE FROM rate_buckets")
