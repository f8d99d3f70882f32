"""A stand-in for each test, the official SDK pointed at it, and pictures to send."""

import io
import json
import random
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import cloudinary
import pytest
import urllib3
from PIL import Image

from local.stand_in.cloud import open_cloud
from local.stand_in.server import StandInServer
from local.stand_in_parts.server import running
from tests.support.serving import serving


class Control:
    """The control API, as a test speaks it."""

    def __init__(self, url: str) -> None:
        self.url = url

    def ask(self, method: str, path: str, payload: object = None) -> Any:
        body = None if payload is None else json.dumps(payload)
        return urllib3.request(method, f"{self.url}/_stand-in/{path}", body=body, retries=False, timeout=5)

    def arm(self, fault: str, **facts: object) -> None:
        answer = self.ask("POST", "faults", {"fault": fault, **facts})
        assert answer.status == 200, answer.data

    def assets(self) -> list[dict[str, Any]]:
        return self.ask("GET", "assets").json()["assets"]

    def calls(self) -> dict[str, int]:
        return self.ask("GET", "calls").json()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "stand-in"


@pytest.fixture
def shelf(home: Path) -> Path:
    """The folder that holds the files of the assets."""
    return home / "assets"


@pytest.fixture
def start(home: Path) -> Callable[..., Any]:
    def _start(**facts: Any) -> Any:
        return running(StandInServer(open_cloud("demo", api_key="KEY", api_secret="SECRET", home=home, **facts)))

    return _start


@pytest.fixture
def use_sdk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[StandInServer], None]]:
    def _use(server: StandInServer) -> None:
        monkeypatch.setenv("CLOUDINARY_URL", server.cloudinary_url)
        cloudinary.reset_config()

    yield _use
    monkeypatch.undo()
    cloudinary.reset_config()


@pytest.fixture
def server(start, use_sdk) -> Iterator[StandInServer]:
    with start() as running_server:
        use_sdk(running_server)
        yield running_server


@pytest.fixture
def control(server: StandInServer) -> Control:
    return Control(server.url)


@pytest.fixture
def picture() -> Callable[..., bytes]:
    """A picture whose noise makes it differ from every other seed, even in its first half."""

    def _picture(seed: int = 1, kind: str = "JPEG", size: tuple[int, int] = (32, 24)) -> bytes:
        noise = random.Random(seed).randbytes(size[0] * size[1] * 3)
        sink = io.BytesIO()
        Image.frombytes("RGB", size, noise).save(sink, kind)
        return sink.getvalue()

    return _picture


@pytest.fixture
def origin() -> Iterator[Callable[[bytes], str]]:
    """Another server on this machine; gives the URL of the bytes it was handed, which wants its query."""
    pages: dict[str, bytes] = {}

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = pages.get(self.path)
            self.send_response(200 if content else 404)
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            self.wfile.write(content or b"")

    with serving(Page) as place:

        def _publish(content: bytes) -> str:
            path = f"/bucket/photo-{len(pages)}.jpg?X-Amz-Signature=abc%2F"
            pages[path] = content
            return f"http://{place}{path}"

        yield _publish
