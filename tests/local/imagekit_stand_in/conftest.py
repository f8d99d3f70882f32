"""A stand-in for each test, and the two ways to speak to it: the vendor's SDK, and plain HTTP."""

from collections.abc import Iterator

import imagekitio
import pytest
import urllib3

from local.imagekit_stand_in.kit import open_kit
from local.imagekit_stand_in.server import StandInServer
from local.stand_in_parts.server import running

KEY = "private_KEY="


@pytest.fixture
def server(tmp_path) -> Iterator[StandInServer]:
    with running(StandInServer(open_kit("demo", private_key=KEY, home=tmp_path))) as it:
        yield it


@pytest.fixture
def sdk(server) -> Iterator[imagekitio.ImageKit]:
    """As its own documentation uses it, but for the address and the retries."""
    with imagekitio.ImageKit(private_key=KEY, base_url=server.url, max_retries=0, timeout=5) as client:
        yield client


@pytest.fixture
def send(sdk):
    def _send(content=b"photo", folder="/a/b", name="1", **changes):
        facts = {"use_unique_file_name": False, "overwrite_file": True} | changes
        return sdk.files.upload(file=content, file_name=name, folder=folder, **facts)

    return _send


@pytest.fixture
def ask(server):
    def _ask(method, path, **options):
        return urllib3.request(method, f"{server.url}{path}", retries=False, timeout=5, **options)

    return _ask
