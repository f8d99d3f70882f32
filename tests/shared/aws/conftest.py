"""An embedded AWS of this session's own, and a client for it."""

from collections.abc import Callable, Iterator
from functools import partial

import pytest

from local.aws import Aws
from shared.aws.credentials import Credentials
from shared.aws.http import HttpClient
from tests.support.embedded_aws import embedded_aws, session_of


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    with embedded_aws(tmp_path_factory.mktemp("aws")) as running:
        yield running


@pytest.fixture(scope="session")
def assume(aws: Aws) -> Callable[..., Credentials]:
    """Make a role that may do only what is named, and its session."""
    return partial(session_of, aws)


@pytest.fixture
def http() -> Iterator[HttpClient]:
    client = HttpClient()
    yield client
    client.close()
