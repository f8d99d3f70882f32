"""A running stack, and a browser with a page of another origin. Tests share the stack, and never what is in it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.stack import start
from tests.browser.bundles import has_npm
from tests.support.client import Client
from tests.support.one_answer import one_answer
from tests.support.ports import free_ports

NAMES = ("chromium", "chromium-browser", "google-chrome")
EMPTY_PAGE = b"<!doctype html><title>A page of somebody else's</title>"


@pytest.fixture(scope="session")
def chromium() -> str:
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if not (found and has_npm()):
        pytest.skip("a browser test needs chromium and npm: run tests/browser/setup.sh")
    return found


@pytest.fixture(scope="session")
def origin(chromium: str) -> Iterator[str]:
    """Where the page is from: another origin than the API's, and another site."""
    with one_answer() as server:
        server.say(EMPTY_PAGE, Content_Type="text/html")
        yield server.url


@pytest.fixture(scope="session")
def client(scratch: Path, origin: str) -> Iterator[Client]:
    with start(scratch / "browser", free_ports(), origins=[origin], say=lambda _: None) as stack:
        made = Client(stack)
        yield made
        made.pool.clear()


@pytest.fixture(autouse=True)
def fresh_rate(client: Client) -> None:
    """The demo user's bucket is for people; a test that is about limits empties it by itself."""
    client.rows("DELETE FROM rate_buckets")


@pytest.fixture(scope="module")
def browser(chromium: str):
    """Ended with each file: while it runs, no other event loop can."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as vendor:
        launched = vendor.chromium.launch(executable_path=chromium)
        yield launched
        launched.close()


@pytest.fixture
def window(browser, origin: str):
    from tests.browser.window import open_window

    with open_window(browser, origin) as opened:
        yield opened
