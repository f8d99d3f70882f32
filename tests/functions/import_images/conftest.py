"""A venue to import into, a provider to import from, and a ledger that keeps organisations apart."""

from collections.abc import Iterator

import psycopg
import pytest

from functions.import_images.handler import lambda_handler
from local import logins
from shared.bootstrap import LiveDeps
from tests.functions.import_images.gallery import Gallery, Make
from tests.shared.db.conftest import World, world  # noqa: F401 - a fixture
from tests.support.host import Host, host

AWS = {
    "BUCKET": "photos",
    "AWS_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "KEY",
    "AWS_SECRET_ACCESS_KEY": "SECRET",
    "BELL_QUEUE_URL": "http://nowhere",
    "ALARM_QUEUE_URL": "http://nowhere",
}


@pytest.fixture(name="host")
def _host() -> Iterator[Host]:
    with host() as made:
        yield made


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def make(database_url: str, host: Host, pauses: list[float]) -> Iterator[Make]:
    """Containers, each set up in its own way; the pauses between two images are only noted."""
    made: list[LiveDeps] = []

    def container(**changes: str) -> LiveDeps:
        url = logins.url_of(database_url, logins.API)
        env = AWS | {"DATABASE_URL": url, "FETCH_ALLOWED": host.place, "IMPORT_DELAY_MS": "100,slow=700"} | changes
        made.append(LiveDeps(env, lambda_handler._needs, sleep=pauses.append))
        return made[-1]

    logins.create(database_url)
    yield container
    for deps in made:
        deps._database.close()


@pytest.fixture
def gallery(world: World, sql_of: psycopg.Connection, make: Make) -> Gallery:  # noqa: F811
    return Gallery(world, sql_of, make())
