"""A running stack, and a client of it. All tests of this folder share one, and never what is in it."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.stack import start
from tests.support.client import Client

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items):
    """One worker keeps the stack, so that there is only one."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.xdist_group("stack"))


@pytest.fixture(scope="session")
def client(scratch: Path) -> Iterator[Client]:
    with start(scratch / "stack", _three_free_ports(), say=lambda _: None) as stack:
        made = Client(stack)
        yield made
        made.pool.clear()


@pytest.fixture(autouse=True)
def fresh_rate(client: Client) -> None:
    """The demo user's bucket is for people; a test that is about limits empties it by itself."""
    client.rows("DELETE FROM rate_buckets")


def _three_free_ports() -> int:
    """The first of three neighbours that nobody serves, away from where systems hand out ports by themselves."""
    for first in range(20_000, 30_000, 10):
        if all(_is_free(first + n) for n in range(3)):
            return first
    raise AssertionError("no three free ports in a row")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
