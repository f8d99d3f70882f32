"""A granted URL allows exactly one object, once: proved against an S3 that verifies signatures."""

import base64
import hashlib
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from shared.errors import ProviderDown
from shared.photos import Declared, StoreName
from tests.support.assets import asset_of

PHOTO = b"\xff\xd8 a photo of a bridge \xff\xd9"
SHA256 = hashlib.sha256(PHOTO).hexdigest()
JPEG = "image/jpeg"


def declared(sha256=SHA256):
    return Declared("bridge.jpg", len(PHOTO), JPEG, sha256)


@pytest.fixture
def upload(http):
    """Put as a client does: with the headers it was given, and whatever a test changes."""

    def put(grant, body=PHOTO, *, url=None, without=(), **changed):
        headers = {**grant.headers, **{key.replace("_", "-"): value for key, value in changed.items()}}
        sent = {key: value for key, value in headers.items() if key not in without}
        return http.request("PUT", url or grant.url, headers=sent, body=body, repeatable=False).status

    return put


def test_a_granted_put_stores_exactly_what_was_declared(store, name, upload):
    status = upload(store.presign_put(name, declared(), 900))

    there = store.look(name)
    assert status == 200
    assert (there.store, there.name, there.size) == (StoreName.S3, name, len(PHOTO))
    assert (there.mime, there.sha256, there.md5) == (
        JPEG,
        SHA256,
        hashlib.md5(PHOTO, usedforsecurity=False).hexdigest(),
    )
    assert there.version


def test_a_client_is_told_to_set_only_headers_that_a_browser_lets_it_set(store, name):
    grant = store.presign_put(name, declared(), 900)

    digest = base64.b64encode(hashlib.sha256(PHOTO).digest()).decode()
    assert grant.headers == {"Content-Type": JPEG, "If-None-Match": "*", "x-amz-checksum-sha256": digest}


def test_the_second_use_of_a_url_is_refused(store, name, upload):
    grant = store.presign_put(name, declared(), 900)

    assert [upload(grant), upload(grant)] == [200, 412]


def test_other_bytes_of_the_same_length_are_refused(store, name, upload):
    grant = store.presign_put(name, declared(), 900)

    assert upload(grant, PHOTO[::-1]) == 400
    assert store.look(name) is None


@pytest.mark.parametrize("body", [PHOTO + b"!", PHOTO[:-1], b""])
def test_another_length_is_refused(store, name, upload, body):
    grant = store.presign_put(name, declared(sha256=None), 900)

    assert upload(grant, body) == 403
    assert store.look(name) is None


def test_another_type_is_refused(store, name, upload):
    grant = store.presign_put(name, declared(), 900)

    assert upload(grant, without=["Content-Type"], content_type="text/html") == 403


@pytest.mark.parametrize("header", ["Content-Type", "If-None-Match", "x-amz-checksum-sha256"])
def test_a_signed_header_that_is_left_out_is_missed(store, name, upload, header):
    grant = store.presign_put(name, declared(), 900)

    assert upload(grant, without=[header]) == 403
    assert store.look(name) is None


def test_another_digest_for_other_bytes_is_refused(store, name, upload):
    grant = store.presign_put(name, declared(), 900)
    forged = base64.b64encode(hashlib.sha256(PHOTO[::-1]).digest()).decode()

    assert upload(grant, PHOTO[::-1], without=["x-amz-checksum-sha256"], **{"x-amz-checksum-sha256": forged}) == 403


def test_an_expired_url_is_refused(store_with, store, name, upload):
    grant = store_with(age=timedelta(seconds=61)).presign_put(name, declared(), 60)

    assert upload(grant) == 403
    assert store.look(name) is None


def test_a_url_that_has_not_expired_yet_is_good(store_with, name, upload):
    grant = store_with(age=timedelta(seconds=50)).presign_put(name, declared(), 60)

    assert upload(grant) == 200


@pytest.mark.parametrize(("part", "forged"), [("/1?", "/2?"), ("X-Amz-Expires=900", "X-Amz-Expires=9000")])
def test_a_url_that_was_changed_is_refused(store, name, upload, part, forged):
    grant = store.presign_put(name, declared(), 900)
    assert part in grant.url

    assert upload(grant, url=grant.url.replace(part, forged)) == 403


def test_a_signature_that_was_changed_is_refused(store, name, upload):
    grant = store.presign_put(name, declared(), 900)
    last = "0" if grant.url[-1] != "0" else "1"

    assert upload(grant, url=grant.url[:-1] + last) == 403


def test_a_grant_never_outlives_the_credentials_that_signed_it(store_with, role, name):
    ends = datetime.now(UTC) + timedelta(seconds=100)
    mortal = type(role)(role.access_key, role.secret_key, role.token, ends)

    grant = store_with(credentials=mortal).presign_put(name, declared(), 900)

    assert 95 <= grant.expires_in <= 100
    assert grant.expires_at <= ends
    assert f"X-Amz-Expires={grant.expires_in}&" in grant.url


def test_a_grant_says_when_it_ends(store, name):
    grant = store.presign_put(name, declared(), 900)

    assert grant.expires_in == 900
    assert timedelta(seconds=890) < grant.expires_at - datetime.now(UTC) <= timedelta(seconds=900)


def test_expired_credentials_sign_nothing(store_with, role, name):
    dead = type(role)(role.access_key, role.secret_key, role.token, datetime.now(UTC))

    with pytest.raises(ProviderDown, match="expired"):
        store_with(credentials=dead).presign_put(name, declared(), 900)


def test_no_url_asks_for_longer_than_s3_allows(store, name):
    assert store.presign_put(name, declared(), 10**9).expires_in == 604800


def test_a_role_that_may_not_write_signs_urls_that_are_refused(store_with, assume, name, upload):
    grant = store_with(credentials=assume("s3:GetObject")).presign_put(name, declared(), 900)

    assert upload(grant) == 403


def test_a_granted_get_shows_the_pinned_version(store, s3, bucket, name, http):
    first = store.put(name, asset_of(PHOTO), 10)
    s3.put_object(Bucket=bucket, Key=name, Body=b"newer")

    answer = http.request("GET", store.signed_get(name, 60, version=first.version), headers={})

    assert (answer.status, answer.body) == (200, PHOTO)
    assert "content-disposition" not in answer.headers


def test_a_granted_get_can_name_the_file_it_saves(store, name, http):
    store.put(name, asset_of(PHOTO), 10)

    answer = http.request("GET", store.signed_get(name, 60, filename='Brücke "1"\r\nX: y.jpg'), headers={})

    named = answer.headers["content-disposition"]
    assert named.startswith('attachment; filename="Br_cke _1___X: y.jpg"')
    assert named.endswith("filename*=UTF-8''Br%C3%BCcke%20%221%22%0D%0AX%3A%20y.jpg")


def test_a_granted_get_of_another_version_is_refused(store, s3, bucket, name, http):
    first = store.put(name, asset_of(PHOTO), 10)
    newer = s3.put_object(Bucket=bucket, Key=name, Body=b"newer")["VersionId"]
    granted = store.signed_get(name, 60, version=first.version)

    answer = http.request("GET", granted.replace(first.version, newer), headers={})

    assert answer.status == 403


@pytest.mark.parametrize("odd", ["a b", "ü", "a+b", "a%2Fb", "a//b", "~x", "?q=1&r"])
def test_a_grant_for_a_name_of_any_letters_is_for_that_name(store, s3, bucket, odd, upload):
    name = f"{uuid.uuid4().hex}/{odd}"

    assert upload(store.presign_put(name, declared(), 900)) == 200
    assert s3.get_object(Bucket=bucket, Key=name)["Body"].read() == PHOTO
