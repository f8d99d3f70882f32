"""Uploads through the official SDK."""

import base64
import hashlib
import io
from urllib.parse import urlencode

import pytest
import urllib3
from cloudinary import uploader, utils


def test_an_uploaded_photo_comes_back_byte_for_byte(server, picture):
    content = picture()

    reply = uploader.upload(content, public_id="dev/org/one", timeout=5)

    answer = urllib3.request("GET", reply["secure_url"], timeout=5)
    assert answer.data == content
    assert answer.headers["Content-Type"] == "image/jpeg"


def test_the_reply_tells_what_was_stored(server, picture):
    content = picture(size=(40, 30))

    reply = uploader.upload(content, public_id="dev/org/one", filename="Garden view.jpeg", timeout=5)

    assert reply["public_id"] == "dev/org/one"
    assert (reply["width"], reply["height"], reply["format"]) == (40, 30, "jpg")
    assert (reply["bytes"], reply["etag"]) == (len(content), hashlib.md5(content, usedforsecurity=False).hexdigest())
    assert (reply["resource_type"], reply["type"], reply["tags"]) == ("image", "upload", [])
    assert (reply["original_filename"], reply["display_name"]) == ("Garden view", "one")
    assert reply["secure_url"] == f"{server.url}/demo/image/upload/v{reply['version']}/dev/org/one.jpg"
    assert {"asset_id", "version_id", "created_at", "url", "asset_folder"} <= reply.keys()
    assert "existing" not in reply


def test_the_reply_is_signed_with_the_secret(server, picture):
    reply = uploader.upload(picture(), public_id="one", timeout=5)

    assert utils.verify_api_response_signature("one", reply["version"], reply["signature"])
    assert not utils.verify_api_response_signature("two", reply["version"], reply["signature"])


def test_a_photo_may_be_sent_as_a_data_uri(server, control, picture):
    content = picture(size=(200, 200))

    uploader.upload(_data_uri(content), public_id="one", timeout=5)

    assert control.assets()[0]["sha256"] == hashlib.sha256(content).hexdigest()


def test_a_body_of_twenty_megabytes_is_taken(server, control):
    content = bytes(20 * 1024 * 1024)

    reply = uploader.upload(content, public_id="big", resource_type="raw", timeout=20)

    assert reply["bytes"] == len(content)
    assert control.assets()[0]["sha256"] == hashlib.sha256(content).hexdigest()


def test_more_than_twenty_megabytes_is_refused(server, control):
    content = bytes(20 * 1024 * 1024 + 1)

    reply = uploader.upload(content, public_id="big", resource_type="raw", return_error=True, timeout=20)

    assert reply["error"]["http_code"] == 400
    assert reply["error"]["message"].startswith("File size too large. Got 20971521.")
    assert control.assets() == []


def test_an_upload_may_be_urlencoded(server, control, picture):
    fields = utils.sign_request({"timestamp": utils.now(), "public_id": "one"}, {})

    answer = urllib3.request(
        "POST",
        f"{server.url}/v1_1/demo/image/upload",
        body=urlencode({**fields, "file": _data_uri(picture())}),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        timeout=5,
    )

    assert answer.status == 200
    assert control.assets()[0]["public_id"] == "one"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"])
def test_each_image_format_is_known_by_its_bytes(server, picture, kind):
    reply = uploader.upload(picture(kind=kind), public_id="one", filename="lies.xyz", timeout=5)

    expected = {"JPEG": "jpg", "TIFF": "tif"}.get(kind, kind.lower())
    assert (reply["format"], reply["width"], reply["height"]) == (expected, 32, 24)


def test_what_is_not_an_image_is_refused_as_an_image(server, control):
    reply = uploader.upload(b"plain words", public_id="one", return_error=True, timeout=5)

    assert reply["error"]["http_code"] == 400
    assert reply["error"]["message"] == "Invalid image file"
    assert control.assets() == []


def test_an_empty_file_is_refused(server):
    reply = uploader.upload(io.BytesIO(b""), public_id="one", return_error=True, timeout=5)

    assert (reply["error"]["http_code"], reply["error"]["message"]) == (400, "Empty file")


def test_a_missing_file_is_refused(server):
    reply = uploader.upload(b"", public_id="one", return_error=True, timeout=5)

    assert reply["error"]["message"] == "Missing required parameter - file"


def test_auto_tells_pictures_from_other_files(server, picture):
    image = uploader.upload(picture(), resource_type="auto", timeout=5)
    other = uploader.upload(b"plain words", resource_type="auto", filename="a.txt", timeout=5)

    assert image["resource_type"] == "image"
    assert other["resource_type"] == "raw"
    assert other["public_id"].endswith(".txt")
    assert "format" not in other


def test_without_a_public_id_one_is_invented(server, picture):
    first, second = (uploader.upload(picture(), timeout=5) for _ in range(2))

    assert len(first["public_id"]) == 20
    assert first["public_id"] != second["public_id"]


def test_a_file_name_may_become_the_public_id(server, picture):
    reply = uploader.upload(
        picture(), filename="tree.jpg", use_filename=True, unique_filename=False, folder="park", timeout=5
    )

    assert reply["public_id"] == "park/tree"


def test_an_overwrite_keeps_the_asset_and_replaces_the_bytes(server, control, picture):
    before = uploader.upload(picture(1), public_id="one", tags=["old"], timeout=5)

    after = uploader.upload(picture(2), public_id="one", timeout=5)

    assert after["asset_id"] == before["asset_id"]
    assert after["version"] > before["version"]
    assert control.assets()[0]["sha256"] == hashlib.sha256(picture(2)).hexdigest()
    assert control.assets()[0]["tags"] == []


def test_without_overwrite_what_is_there_stays_and_is_shown(server, control, picture):
    before = uploader.upload(picture(1), public_id="one", timeout=5)

    reply = uploader.upload(picture(2), public_id="one", overwrite=False, timeout=5)

    assert reply["existing"] is True
    assert reply["etag"] == before["etag"]
    assert control.assets()[0]["sha256"] == hashlib.sha256(picture(1)).hexdigest()


def test_without_overwrite_a_free_name_is_taken(server, picture):
    reply = uploader.upload(picture(), public_id="one", overwrite=False, timeout=5)

    assert "existing" not in reply


def test_only_allowed_formats_are_taken(server, picture):
    reply = uploader.upload(
        picture(kind="PNG"), public_id="one", allowed_formats=["jpg", "webp"], return_error=True, timeout=5
    )

    assert reply["error"]["message"] == "Image file format png not allowed"


def test_a_forbidden_public_id_is_refused(server, control, picture):
    reply = uploader.upload(picture(), public_id="dev/v1/a", return_error=True, timeout=5)

    assert (reply["error"]["http_code"], reply["error"]["message"]) == (400, "public_id (dev/v1/a) is invalid")
    assert control.assets() == []


@pytest.mark.parametrize("public_id", ["x" * 255, "v123", "vx1/a", "a/b/v2", "héllo wörld", "a.jpg", "a:b|c=d"])
def test_any_other_public_id_is_taken_and_delivered(server, picture, public_id):
    reply = uploader.upload(picture(), public_id=public_id, timeout=5)

    assert reply["public_id"] == public_id
    assert urllib3.request("GET", reply["secure_url"], timeout=5).data == picture()


def test_a_body_cut_short_is_refused(server, picture):
    fields = {"timestamp": "1", "file": ("a.jpg", picture())}
    body, content_type = urllib3.encode_multipart_formdata(fields)

    answer = urllib3.request(
        "POST",
        f"{server.url}/v1_1/demo/image/upload",
        body=body[:-20],
        headers={"Content-Type": content_type},
        timeout=5,
    )

    assert answer.status == 400
    assert "cannot be read" in answer.json()["error"]["message"]


def _data_uri(content: bytes) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(content).decode()
