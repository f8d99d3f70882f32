"""Bytes that the stand-in has to fetch or decode itself."""

import hashlib
import socket

import pytest
import urllib3
from cloudinary import uploader, utils


def test_a_remote_photo_is_fetched_with_its_whole_query(server, control, picture, origin):
    reply = uploader.upload(origin(picture()), public_id="one", timeout=5)

    assert reply["original_filename"] == "photo-0"
    assert control.assets()[0]["sha256"] == hashlib.sha256(picture()).hexdigest()


def test_a_remote_photo_that_is_not_there_is_not_found(server, picture, origin):
    url = origin(picture()).replace("abc", "forged")

    reply = uploader.upload(url, public_id="one", return_error=True, timeout=5)

    assert (reply["error"]["http_code"], reply["error"]["message"]) == (404, f"Resource not found - {url}")


def test_a_remote_page_that_is_no_photo_is_refused(server, origin):
    reply = uploader.upload(origin(b"<html>"), public_id="one", return_error=True, timeout=5)

    assert reply["error"]["message"] == "Invalid image file"


def test_a_host_that_does_not_answer_is_named(server):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/a.jpg"

        reply = uploader.upload(url, public_id="one", return_error=True, timeout=5)

    assert reply["error"]["http_code"] == 400
    assert reply["error"]["message"].startswith(f"Error in loading {url} - ")


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/a.jpg", "s3://bucket/a.jpg", "http://[", "https://:x/"])
def test_other_places_are_refused(server, url):
    reply = uploader.upload(url, public_id="one", return_error=True, timeout=5)

    assert reply["error"]["http_code"] == 400


@pytest.mark.parametrize("uri", ["data:image/jpeg;base64,A", "data:image/jpeg,abc", "nonsense"])
def test_a_broken_data_uri_is_refused(server, uri):
    fields = {**utils.sign_request({"timestamp": utils.now()}, {}), "file": uri}

    answer = urllib3.request("POST", f"{server.url}/v1_1/demo/image/upload", fields=fields, timeout=5)

    assert answer.status == 400
    assert answer.json()["error"]["message"].startswith("Unsupported source URL")
