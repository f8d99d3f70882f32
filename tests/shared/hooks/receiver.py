"""A receiver of webhooks that notes what it hears, answers what a test says, and checks signatures by itself."""

import base64
import hashlib
import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

from tests.support.serving import serving

BLOCK = 64


@dataclass(frozen=True)
class Told:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def at(self) -> int:
        return int(self.headers["webhook-timestamp"])

    def is_signed_with(self, secret: str) -> bool:
        """RFC 2104 written out, so that nothing is shared with what signs."""
        assert secret.startswith("whsec_")
        key = base64.standard_b64decode(secret[6:]).ljust(BLOCK, b"\0")
        said = b".".join((self.id.encode(), self.headers["webhook-timestamp"].encode(), self.body))
        inner = hashlib.sha256(bytes(b ^ 0x36 for b in key) + said).digest()
        digest = hashlib.sha256(bytes(b ^ 0x5C for b in key) + inner).digest()
        version, _, given = self.headers["webhook-signature"].partition(",")
        return version == "v1" and given == base64.standard_b64encode(digest).decode()


@dataclass
class Receiver:
    """Answers one status after the other, and then the last one for ever."""

    place: str = ""
    statuses: list[int] = field(default_factory=lambda: [204])
    headers: dict[str, str] = field(default_factory=dict)
    told: list[Told] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"http://{self.place}/hook?for=photos"

    def counts(self) -> Counter[str]:
        return Counter(one.id for one in self.told)

    def hear(self, told: Told) -> int:
        with self.lock:
            self.told.append(told)
            return self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]


@contextmanager
def receiver() -> Iterator[Receiver]:
    """A receiver of this machine's own, for as long as the block lasts."""
    state = Receiver()
    with serving(_handler(state)) as state.place:
        yield state


def _handler(state: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard = {name.lower(): value for name, value in self.headers.items()}
            self.send_response(state.hear(Told(self.path, heard, body)))
            for name, value in state.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

    return Handler
