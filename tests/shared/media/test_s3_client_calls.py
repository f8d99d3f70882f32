"""A client with nothing but granted URLs brings a large object in, and can do nothing else with them."""

import base64
import hashlib
import re
from datetime import UTC, datetime, timedelta

import pytest

from shared.errors import BadRequest
from tests.support.assets import asset_of

PHOTO = b"\xff\xd8 a photo of a bridge \xff\xd9"
JPEG = "image/jpeg"
XML = "application/xml"


@pytest.fixture
def send(http):
    """Send a granted call as a browser does, with its own headers beside those of the grant."""

    def call(grant, body=b"", **headers):
        own = {key.replace("_", "-"): value for key, value in headers.items()}
        return http.request(grant.method, grant.url, headers={**own, **grant.headers}, body=body, repeatable=False)

    return call


@pytest.fixture
def begun(store, name):
    return store.begin_multipart(name, JPEG)


def completion(etag):
    part = f"<Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part>"
    return f"<CompleteMultipartUpload>{part}</CompleteMultipartUpload>".encode()


def test_a_client_alone_begins_sends_lists_and_completes(store, name, send):
    said = send(store.presign_multipart("begin", name, 900), content_type=JPEG)
    multipart_id = re.search(rb"<UploadId>(.+)</UploadId>", said.body)[1].decode()
    etag = send(store.presign_part(name, multipart_id, 1, 900), PHOTO).headers["etag"]
    listed = send(store.presign_multipart("parts", name, 900, multipart_id=multipart_id))
    ended = send(
        store.presign_multipart("complete", name, 900, multipart_id=multipart_id), completion(etag), content_type=XML
    )

    assert etag.strip('"').encode() in listed.body
    assert ended.status == 200
    assert (store.look(name).mime, store.read(name, 0, 100)) == (JPEG, PHOTO)


def test_a_client_alone_aborts(store, name, begun, send):
    answer = send(store.presign_multipart("abort", name, 900, multipart_id=begun))

    assert answer.status == 204
    assert store.open_multiparts(name) == []


def test_a_header_that_was_signed_is_required(store, name, send, http):
    grant = store.presign_multipart("begin", name, 900, headers={"Content-Type": JPEG})

    refused = http.request("POST", grant.url, headers={"content-type": "text/html"})
    taken = send(grant)

    assert (refused.status, taken.status) == (403, 200)
    assert grant.headers == {"Content-Type": JPEG}


def test_a_completion_that_must_be_the_first_is_refused_when_it_is_not(store, name, begun, send):
    etag = send(store.presign_part(name, begun, 1, 900), PHOTO).headers["etag"]
    first = store.put(name, asset_of(b"first"), 10)
    once = {"If-None-Match": "*"}

    answer = send(store.presign_multipart("complete", name, 900, multipart_id=begun, headers=once), completion(etag))

    assert answer.status == 412
    assert store.versions(name) == [first.version]


def test_the_digest_of_a_part_can_be_signed(store, name, begun, send):
    digest = base64.b64encode(hashlib.sha256(PHOTO).digest()).decode()
    grant = store.presign_part(name, begun, 1, 900, {"x-amz-checksum-sha256": digest})

    assert send(grant, PHOTO[::-1]).status == 400
    assert send(grant, PHOTO).status == 200


@pytest.mark.parametrize(
    ("part", "forged"), [("partNumber=1&", "partNumber=2&"), ("/1?", "/2?"), ("Expires=900", "Expires=9000")]
)
def test_a_part_that_was_not_granted_is_refused(store, name, begun, http, *, part, forged):
    url = store.presign_parts(name, begun, [1], 900)[1]
    assert part in url

    assert http.request("PUT", url.replace(part, forged), headers={}, body=PHOTO).status == 403
    assert store.parts(name, begun) == []


def test_a_call_is_good_for_its_own_method_only(store, name, begun, http):
    listing = store.presign_multipart("parts", name, 900, multipart_id=begun)

    assert http.request("DELETE", listing.url, headers={}).status == 403
    assert store.open_multiparts(name) == [begun]


@pytest.mark.parametrize("action", ["parts", "complete", "abort"])
def test_without_an_upload_nothing_is_granted_about_the_object_itself(store, name, action):
    with pytest.raises(BadRequest, match="id of the multipart upload"):
        store.presign_multipart(action, name, 900)


def test_a_hundred_parts_are_granted_as_each_one_would_be(store_with, name, begun):
    now = datetime.now(UTC)
    store = store_with()
    store._clock = lambda: now

    urls = store.presign_parts(name, begun, range(1, 101), 900)

    assert urls == {number: store.presign_part(name, begun, number, 900).url for number in range(1, 101)}


def test_a_grant_says_when_it_ends_and_never_outlives_its_credentials(store_with, role, name, begun):
    ends = datetime.now(UTC) + timedelta(seconds=100)
    store = store_with(credentials=type(role)(role.access_key, role.secret_key, role.token, ends))

    grant = store.presign_part(name, begun, 1, 900)
    (url,) = store.presign_parts(name, begun, [1], 900).values()

    assert 95 <= grant.expires_in <= 100
    assert grant.expires_at <= ends
    assert f"X-Amz-Expires={grant.expires_in}&" in grant.url
    assert re.search(r"X-Amz-Expires=(9[5-9]|100)&", url)


def test_an_expired_part_is_refused(store_with, name, begun, http):
    url = store_with(age=timedelta(seconds=61)).presign_parts(name, begun, [1], 60)[1]

    assert http.request("PUT", url, headers={}, body=PHOTO).status == 403
