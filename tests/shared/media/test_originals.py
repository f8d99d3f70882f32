"""Whether an original comes whole from the store that delivers it, and what follows when it does not."""

from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

import pytest

from shared.errors import ProviderDown, StoreBusy, StoreRefused, StoreUnavailable
from shared.media.originals import Originals
from shared.photos import StoreName
from tests.shared.aws.conftest import http
from tests.support.serving import serving

__all__ = ["http"]


@contextmanager
def delivering(status=200, body=b"photo", length=None, **headers):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(length or len(body)))
            self.end_headers()
            self.wfile.write(body)

    with serving(Handler) as place:
        yield f"http://{place}/image/upload/v1/name"


@pytest.fixture
def read(http):
    return lambda url, most=6: Originals(http).read(StoreName.CLOUDINARY, url, most, 3.0)


def test_an_original_comes_whole(read):
    with delivering() as url:
        assert read(url) == b"photo"


def test_of_a_longer_one_no_more_is_read_than_shows_that_it_is_longer(read):
    with delivering(body=b"x" * 1_000_000) as url:
        assert read(url) == b"xxxxxx"


REFUSALS = {
    "gone": (404, StoreRefused, "permanent"),
    "credentials": (401, ProviderDown, "outage"),
    "too fast": (429, StoreBusy, "transient"),
    "down": (503, StoreUnavailable, "transient"),
    "moved": (302, StoreUnavailable, "transient"),
}


@pytest.mark.parametrize("why", REFUSALS)
def test_a_no_is_of_the_class_that_says_what_follows(read, why):
    status, error, failure_class = REFUSALS[why]

    with delivering(status, retry_after="7") as url, pytest.raises(error) as refused:
        read(url)

    assert refused.value.failure_class == failure_class
    assert "Cloudinary" in refused.value.message


def test_an_answer_that_breaks_off_is_no_original(read):
    with delivering(length=100) as url, pytest.raises(StoreUnavailable):
        read(url, 200)


def test_nobody_there_is_trouble_and_no_verdict(read):
    with pytest.raises(StoreUnavailable):
        read("http://127.0.0.1:1/x")
