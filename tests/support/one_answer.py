"""A server with one answer for whatever it is asked; for what no real one says on demand."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

from tests.support.serving import serving

CHUNK = 1 << 16


@dataclass
class OneAnswer:
    """What is answered, until a test says otherwise, and how often it was; and how the last request began."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    asked: int = 0
    heard: bytes = b""
    url: str = ""

    def say(self, facts: object, status: int = 200, **headers: str) -> None:
        self.body = facts if isinstance(facts, bytes) else json.dumps(facts).encode()
        self.status, self.headers = status, {name.replace("_", "-"): text for name, text in headers.items()}


@contextmanager
def one_answer() -> Iterator[OneAnswer]:
    state = OneAnswer()
    with serving(_handler(state)) as place:
        state.url = f"http://{place}"
        yield state


def _handler(state: OneAnswer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            state.asked += 1
            # Read, and let go: a test that weighs the sender must not weigh the receiver too.
            left = int(self.headers.get("Content-Length", "0"))
            state.heard = b""
            while left:
                part = self.rfile.read(min(left, CHUNK))
                state.heard = state.heard or part
                left -= len(part)
            self.send_response(state.status)
            self.send_header("Content-Length", str(len(state.body)))
            for name, text in state.headers.items():
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(state.body)

        do_GET = do_POST = answer  # noqa: N815 - named so in http.server

    return Handler
