"""Who is let in to the Upload API."""

import time

import cloudinary
import pytest
import urllib3
from cloudinary import uploader, utils

URL = "/v1_1/demo/image/upload"


def test_a_wrong_secret_is_refused_with_the_string_to_sign(server, control, picture):
    reply = uploader.upload(picture(), public_id="one", api_secret="WRONG", return_error=True, timeout=5)

    assert reply["error"]["http_code"] == 401
    assert reply["error"]["message"].startswith("Invalid Signature ")
    assert "String to sign - 'public_id=one&timestamp=" in reply["error"]["message"]
    assert control.assets() == []


def test_a_refusal_is_also_told_in_a_header_on_one_short_line(server):
    fields = {"api_key": "KEY", "timestamp": "1", "signature": "ü\r\nX-Evil: 1", "public_id": "x" * 5000}

    answer = urllib3.request("POST", server.url + URL, fields=fields, timeout=5)

    assert answer.status == 401
    assert answer.headers["X-Cld-Error"].startswith("Invalid Signature ? X-Evil: 1. String to sign - 'public_id=xx")
    assert len(answer.headers["X-Cld-Error"]) == 1000
    assert "X-Evil" not in answer.headers


def test_an_unknown_api_key_is_refused(server, picture):
    reply = uploader.upload(picture(), api_key="OTHER", return_error=True, timeout=5)

    assert (reply["error"]["http_code"], reply["error"]["message"]) == (401, "Unknown API key OTHER")


def test_another_cloud_is_refused(server, picture):
    reply = uploader.upload(picture(), cloud_name="other", return_error=True, timeout=5)

    assert (reply["error"]["http_code"], reply["error"]["message"]) == (401, "Invalid cloud_name other")


def test_an_unsigned_upload_is_refused(server, picture):
    reply = uploader.unsigned_upload(picture(), "", return_error=True, timeout=5)

    assert reply["error"]["http_code"] == 400


@pytest.mark.parametrize("name", ["public_id", "tags", "context", "overwrite"])
def test_a_field_changed_after_signing_is_refused(server, control, picture, name):
    signed = utils.sign_request({"timestamp": utils.now(), "public_id": "one"}, {})
    fields = {**signed, name: "x=2", "file": ("a.jpg", picture())}

    answer = urllib3.request("POST", server.url + URL, fields=fields, timeout=5)

    assert answer.status == 401
    assert control.assets() == []


def test_an_ampersand_cannot_smuggle_a_parameter_in(server, picture):
    """One signed parameter `public_id=a&tags=b` must not pass for the two that it looks like."""
    now = utils.now()
    signed = utils.sign_request({"timestamp": now, "public_id": f"a&tags=b&timestamp={now}"}, {})
    fields = {**signed, "public_id": "a", "tags": f"b&timestamp={now}", "file": ("a.jpg", picture())}

    answer = urllib3.request("POST", server.url + URL, fields=fields, timeout=5)

    assert answer.status == 401


def test_an_ampersand_in_a_value_is_signed_as_the_sdk_signs_it(server, control, picture):
    uploader.upload(picture(), public_id="one", context={"title": "you & me=us"}, timeout=5)

    assert control.assets()[0]["context"] == {"title": "you & me=us"}


def test_a_value_that_ends_like_base64_is_signed_too(server, control, picture):
    uploader.upload(picture(), public_id="one", tags=["abc="], timeout=5)

    assert control.assets()[0]["tags"] == ["abc="]


@pytest.mark.parametrize("age", [3700, -3700])
def test_a_signature_of_another_hour_is_refused(server, picture, age):
    params = {"timestamp": int(time.time()) - age, "public_id": "one"}

    reply = uploader.call_api("upload", params, file=picture(), return_error=True, timeout=5)

    assert reply["error"]["http_code"] == 400
    assert reply["error"]["message"].startswith("Stale request - reported time is ")


def test_a_signature_of_this_hour_is_accepted(server, picture):
    params = {"timestamp": int(time.time()) - 3500, "public_id": "one"}

    assert uploader.call_api("upload", params, file=picture(), timeout=5)["public_id"] == "one"


def test_a_timestamp_that_is_no_number_is_refused(server, picture):
    reply = uploader.call_api("upload", {"timestamp": "now"}, file=picture(), return_error=True, timeout=5)

    assert reply["error"]["http_code"] == 400


def test_sha256_signatures_are_answered_with_sha256(server, picture):
    cloudinary.config(signature_algorithm="sha256")

    reply = uploader.upload(picture(), public_id="one", timeout=5)

    assert len(reply["signature"]) == 64
    assert utils.verify_api_response_signature("one", reply["version"], reply["signature"])


def test_tags_and_context_leave_the_notification_url_unsigned(server, picture):
    uploader.upload(picture(), public_id="one", timeout=5)

    reply = uploader.add_tag("new", ["one"], notification_url="http://127.0.0.1/x", timeout=5)

    assert reply["public_ids"] == ["one"]
