"""A running stack, of which all tests of this folder share one, and never what is in it."""

import pytest

from tests.support.client import Client


@pytest.fixture(autouse=True)
def fresh_rate(client: Client) -> None:
    """The demo user's bucket is for people; a test that is about limits empties it by itself."""
    client.rows("DELETE FROM rate_buckets")
