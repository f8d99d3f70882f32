"""Delivery of what was uploaded."""

import pytest
import urllib3
from cloudinary import CloudinaryImage, uploader


@pytest.fixture
def get(server):
    return lambda path, method="GET": urllib3.request(method, f"{server.url}{path}", retries=False, timeout=5)


@pytest.mark.parametrize(
    "path",
    [
        "dev/my_folder/one.jpg",
        "v1/dev/my_folder/one.jpg",
        "dev/my_folder/one",
        "w_100,h_100,c_fill/dev/my_folder/one.jpg",
        "c_fill,w_10/f_auto,q_auto/v12345/dev/my_folder/one.jpg",
    ],
)
def test_any_version_and_transformation_gives_the_original(get, picture, path):
    uploader.upload(picture(), public_id="dev/my_folder/one", timeout=5)

    answer = get(f"/demo/image/upload/{path}")

    assert answer.status == 200
    assert answer.data == picture()


@pytest.mark.parametrize(
    "path",
    [
        "/demo/image/upload/none.jpg",
        "/demo/image/upload/elsewhere/one.jpg",
        "/demo/raw/upload/one.jpg",
        "/other/image/upload/one.jpg",
        "/demo/image/private/one.jpg",
    ],
)
def test_what_is_not_there_is_404(get, picture, path):
    uploader.upload(picture(), public_id="one", timeout=5)

    assert get(path).status == 404


def test_a_destroyed_asset_is_delivered_no_more(get, picture):
    reply = uploader.upload(picture(), public_id="one", timeout=5)
    uploader.destroy("one", timeout=5)

    answer = urllib3.request("GET", reply["secure_url"], timeout=5)

    assert answer.status == 404
    assert answer.headers["X-Cld-Error"].startswith("Resource not found")


def test_a_delivery_names_its_hash(get, picture):
    reply = uploader.upload(picture(), public_id="one", timeout=5)

    answer = get("/demo/image/upload/one.jpg", method="HEAD")

    assert answer.headers["ETag"] == f'"{reply["etag"]}"'
    assert answer.headers["Content-Length"] == str(len(picture()))
    assert answer.data == b""


def test_the_paths_that_the_sdk_builds_are_understood(get, picture):
    uploader.upload(picture(), public_id="dev/a b", timeout=5)
    url = CloudinaryImage("dev/a b").build_url(width=10, crop="fill", format="jpg")

    answer = get("/demo/" + url.split("/demo/")[1])

    assert answer.data == picture()


def test_a_raw_file_is_delivered_under_its_whole_name(get):
    reply = uploader.upload(b"words", public_id="notes.txt", resource_type="raw", timeout=5)

    answer = urllib3.request("GET", reply["secure_url"], timeout=5)

    assert (answer.data, answer.headers["Content-Type"]) == (b"words", "text/plain")
