"""A Bedrock of the test's own: it insists on the wire as documented, and answers what a test tells it to."""

import json
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

from shared.aws.credentials import Credentials
from shared.search.bedrock import Bedrock
from tests.support.serving import serving

PATH = "/model/amazon.titan-embed-image-v1/invoke"
CREDENTIALS = Credentials("AKIAEXAMPLE", "secret", "token")


@dataclass
class Stub:
    """Without an order of the test's, the vector follows from what is embedded, as it does in the real one."""

    url: str = ""
    status: int = 200
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    # How many bytes of the answer are sent before the line goes dead; None for all.
    breaks_after: int | None = None
    heard: list[tuple[str, dict[str, str], dict[str, object]]] = field(default_factory=list)
    awake: threading.Event = field(default_factory=threading.Event)

    def forget(self) -> None:
        self.status, self.body, self.headers, self.breaks_after = 200, None, {}, None
        self.heard.clear()
        self.awake.set()

    def refuse(self, status: int, code: str, message: str = "", **headers: str) -> None:
        self.status, self.body = status, json.dumps({"message": message}).encode()
        self.headers = {"x-amzn-ErrorType": code, **{name.replace("_", "-"): text for name, text in headers.items()}}

    def answer(self, asked: dict[str, object]) -> bytes:
        return self.body if self.body is not None else json.dumps({"embedding": seeded(asked)}).encode()

    def bedrock(self) -> Bedrock:
        return Bedrock("us-east-1", CREDENTIALS, self.url)


def seeded(asked: dict[str, object]) -> list[float]:
    """Longer than one, so that whoever does not normalise is found out."""
    chance = random.Random(json.dumps(asked, sort_keys=True))
    return [chance.gauss(0, 3) for _ in range(1024)]


@contextmanager
def bedrock_stub() -> Iterator[Stub]:
    stub = Stub()
    stub.awake.set()
    with serving(_handler(stub)) as place:
        stub.url = f"http://{place}"
        yield stub
        stub.awake.set()


def _handler(stub: Stub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            stub.heard.append((self.path, dict(self.headers.items()), asked))
            stub.awake.wait()
            body = stub.answer(asked)
            self.send_response(stub.status)
            for name, text in {"Content-Length": str(len(body)), **stub.headers}.items():
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(body[: stub.breaks_after])

    return Handler
