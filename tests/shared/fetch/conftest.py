"""Hosts of strangers: servers that follow a script, names that lead where a test says, a clock moved by hand."""

import socket
from collections.abc import Callable, Iterator

import pytest

from shared.fetch.client import Fetcher
from tests.shared.aws.scripted import Script, Server

PUBLIC = "93.184.215.14"
Serve = Callable[..., Server]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start a server that plays one script per connection."""
    started: list[Server] = []

    def start(*scripts: Script) -> Server:
        started.append(Server(*scripts))
        return started[-1]

    yield start
    for server in started:
        server.end()


@pytest.fixture
def fetcher() -> Callable[..., Fetcher]:
    """A client that an operator lets fetch from these servers, and that loses no time on refusals."""

    def make(*servers: Server, **options) -> Fetcher:
        allowed = frozenset(server.origin.removeprefix("http://") for server in servers)
        return Fetcher(**{"floor": 0, "allow_private": allowed, **options})

    return make


class Names:
    """A resolver whose answers a test gives, one list after the other; the last one stays."""

    def __init__(self, *answers):
        self._answers = list(answers)
        self.asked = []

    def __call__(self, host, port, *_, **__):
        self.asked.append(host)
        found = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(found, Exception):
            raise found
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]


class Dialled:
    """Connects to one server whatever address is asked for, and notes which it was."""

    def __init__(self, server=None):
        self._server = server
        self.addresses = []

    def __call__(self, address, port, seconds):
        self.addresses.append(address)
        if self._server is None:
            raise ConnectionRefusedError
        return socket.create_connection(("127.0.0.1", int(self._server.origin.rpartition(":")[2])), timeout=5)


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self):
        self.now = 1000.0
        self.slept = []

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds
