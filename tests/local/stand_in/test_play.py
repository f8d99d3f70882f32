"""What is not played, and says so."""

import pytest
import urllib3
from cloudinary import uploader


@pytest.mark.parametrize("path", ["/", "/v1_1", "/v1_1/demo", "/favicon.ico", "/demo/image/upload"])
def test_a_path_that_nobody_plays_is_404(server, path):
    assert urllib3.request("GET", server.url + path, timeout=5).status == 404


def test_an_upload_kind_that_is_not_played_says_so(server):
    reply = uploader.upload(b"x", resource_type="video", return_error=True, timeout=5)

    assert reply["error"]["message"].startswith("The Cloudinary stand-in plays nothing at POST /v1_1/demo/video")
