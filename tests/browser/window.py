"""What a page in a real browser does, and what goes over the wire while it does."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, Page, Request

from tests.browser.bundles import bundled

# An upload that hangs is told from one that is slow by nothing else: a browser waits for its own promises for ever.
IN_TIME = """
facts => Promise.race([
  (%s)(...facts),
  new Promise((_, refuse) => setTimeout(refuse, 60_000, new Error('nothing came of it in a minute'))),
])
"""


@dataclass(frozen=True)
class Exchange:
    """One request that the page sent, and what came back; no status when nothing did."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes | None
    status: int | None


@dataclass
class Window:
    """A page of one origin, with an eye on its network."""

    page: Page
    console: list[str] = field(default_factory=list)
    _requests: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", lambda line: self.console.append(line.text))
        self.page.on("request", self._note)

    def _note(self, request: Request) -> None:
        self._requests.append(request)

    def run(self, script: str, *facts: Any) -> Any:
        """What this function of the page's language returns, once its promise is kept."""
        return self.page.evaluate(IN_TIME % script, list(facts))

    def load(self, generation: str) -> None:
        """Make the page one that uploads with `uppy5` or `uppy6`."""
        self.page.add_script_tag(content=bundled(generation))

    def upload(self, generation: str, *photos: bytes, size: int = 0, **options: Any) -> dict[str, Any]:
        """Let Uppy upload these photos; each becomes a file of at least this size."""
        self.load(generation)
        return self.upload_loaded(*photos, size=size, **options)

    def upload_loaded(self, *photos: bytes, size: int = 0, **options: Any) -> dict[str, Any]:
        """The same in a page that has been made ready."""
        files = [{"name": f"{n}.jpg", "base64": as_text(photo), "size": size} for n, photo in enumerate(photos)]
        told: dict[str, Any] = self.run("options => window.run(options)", {"files": files} | options)
        return told

    @property
    def exchanges(self) -> list[Exchange]:
        """All requests so far, in the order in which they were sent; preflights are the browser's own affair."""
        return [_exchange(request) for request in self._requests]


def as_text(content: bytes) -> str:
    """How bytes get into a page."""
    return base64.b64encode(content).decode()


@contextmanager
def open_window(browser: Browser, origin: str) -> Iterator[Window]:
    """An open window on this origin, with no memory of any other.

    Nothing it asks for is ever intercepted: the driver would then answer preflights, and CORS would prove nothing.
    """
    context = browser.new_context()
    try:
        page = context.new_page()
        page.goto(origin)
        yield Window(page)
    finally:
        context.close()


def _exchange(request: Request) -> Exchange:
    answer = None if request.failure else request.response()
    status = answer.status if answer else None
    return Exchange(request.method, request.url, request.all_headers(), request.post_data_buffer, status)
