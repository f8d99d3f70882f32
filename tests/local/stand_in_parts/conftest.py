"""Every stand-in, one after the other: what a test says of a server is true of each of them."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from local.imagekit_stand_in.kit import open_kit
from local.imagekit_stand_in.server import StandInServer as ImageKitServer
from local.stand_in.cloud import open_cloud
from local.stand_in.server import StandInServer as CloudinaryServer
from local.stand_in_parts.server import LoopbackServer, running

SERVERS = {
    "cloudinary": lambda home: CloudinaryServer(open_cloud("demo", api_key="KEY", api_secret="SECRET", home=home)),
    "imagekit": lambda home: ImageKitServer(open_kit("demo", private_key="KEY", home=home)),
}


@pytest.fixture(params=SERVERS)
def start(request, tmp_path) -> Callable[[], AbstractContextManager[LoopbackServer]]:
    return lambda: running(SERVERS[request.param](tmp_path))


@pytest.fixture
def server(start) -> Iterator[LoopbackServer]:
    with start() as it:
        yield it
