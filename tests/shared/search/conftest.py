"""The embedders, each made once: a model takes longer to load than to ask."""

import pytest

from shared.imaging.pixels import as_jpeg, rgb_square
from shared.search.local_model import LocalEmbedder
from shared.search.titan import TitanEmbedder
from tests.shared.search.bedrock_stub import bedrock_stub


@pytest.fixture(scope="session")
def one_stub():
    with bedrock_stub() as stub:
        yield stub


@pytest.fixture(scope="session")
def one_titan(one_stub):
    return TitanEmbedder(one_stub.bedrock(), as_jpeg)


@pytest.fixture
def stub(one_stub):
    yield one_stub
    one_stub.forget()


@pytest.fixture
def titan(stub, one_titan):
    return one_titan


@pytest.fixture(scope="session")
def local():
    return LocalEmbedder(rgb_square)


@pytest.fixture(params=["titan", "local"])
def embedder(request):
    """One after the other: what a test says of an embedder is true of both."""
    return request.getfixturevalue(request.param)
