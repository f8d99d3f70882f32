"""A provider's host of a test's own: pictures at their paths, and whatever else it shall answer there."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

from tests.support.serving import serving


@dataclass(frozen=True)
class Said:
    """One answer."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Host:
    """What it says at each path: one answer after the other, the last one for ever; and who asked for what."""

    place: str = ""
    answers: dict[str, list[Said]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def at(self, path: str, *answers: Said | bytes) -> str:
        """Say this there; where it is."""
        self.answers[path] = [each if isinstance(each, Said) else Said(body=each) for each in answers]
        return f"http://{self.place}{path}"

    def next_at(self, path: str) -> Said:
        self.asked.append(path)
        left = self.answers.get(path, [Said(404, b"nothing here")])
        return left.pop(0) if len(left) > 1 else left[0]


@contextmanager
def host(port: int = 0) -> Iterator[Host]:
    """Serve for as long as the block lasts."""
    made = Host()
    with serving(_handler(made), port) as made.place:
        yield made


def _handler(made: Host) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            said = made.next_at(self.path)
            self.send_response(said.status)
            self.send_header("Content-Length", str(len(said.body)))
            for name, text in said.headers.items():
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(said.body)

    return Handler
