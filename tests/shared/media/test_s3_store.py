"""One name holds one object, written once: proved against an S3 that verifies signatures."""

import base64
import hashlib
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from shared.errors import ProviderDown, StoreRefused
from shared.media.s3 import S3Store
from shared.photos import Declared, StoreName

# All that the store ever asks for: a template that grants these has granted enough.
RIGHTS = ("s3:PutObject", "s3:GetObject", "s3:GetObjectVersion", "s3:DeleteObjectVersion")
LISTING = ("s3:ListBucket", "s3:ListBucketVersions")
PHOTO = b"\xff\xd8 a photo of a bridge \xff\xd9"
SHA256 = hashlib.sha256(PHOTO).hexdigest()
JPEG = "image/jpeg"


@pytest.fixture(scope="module")
def s3(aws):
    return aws.client("s3")


@pytest.fixture(scope="module")
def bucket(s3):
    name = f"photos-{uuid.uuid4().hex}"
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name


@pytest.fixture(scope="module")
def role(assume):
    return assume(*RIGHTS, *LISTING)


@pytest.fixture
def store_with(aws, bucket, role, http):
    def make(*, bucket=bucket, credentials=role, age=timedelta(0)):
        return S3Store(
            bucket,
            region="us-east-1",
            credentials=credentials,
            http=http,
            clock=lambda: datetime.now(UTC) - age,
            endpoint_url=aws.endpoint,
        )

    return make


@pytest.fixture
def store(store_with):
    return store_with()


@pytest.fixture
def name():
    return f"test/org/{uuid.uuid4()}/1"


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


def test_what_is_not_there_is_nothing(store, name):
    assert store.look(name) is None


def test_a_role_that_may_not_write_signs_urls_that_are_refused(store_with, assume, name, upload):
    grant = store_with(credentials=assume("s3:GetObject")).presign_put(name, declared(), 900)

    assert upload(grant) == 403


def test_an_object_stored_in_parts_has_no_digest_of_the_whole(store, s3, bucket, name):
    made = s3.create_multipart_upload(Bucket=bucket, Key=name, ChecksumAlgorithm="SHA256")
    at = {"Bucket": bucket, "Key": name, "UploadId": made["UploadId"]}
    part = s3.upload_part(**at, PartNumber=1, Body=PHOTO, ChecksumAlgorithm="SHA256")
    parts = [{"PartNumber": 1, "ETag": part["ETag"], "ChecksumSHA256": part["ChecksumSHA256"]}]
    s3.complete_multipart_upload(**at, MultipartUpload={"Parts": parts})

    there = store.look(name)

    assert (there.size, there.sha256, there.md5) == (len(PHOTO), None, None)


def test_a_pinned_version_is_read_whatever_came_after_it(store, s3, bucket, name):
    first = store.put(name, PHOTO, mime=JPEG, sha256=SHA256)
    s3.put_object(Bucket=bucket, Key=name, Body=b"newer")

    assert store.look(name, first.version).sha256 == SHA256
    assert store.read(name, 0, 100, first.version) == PHOTO
    assert store.read(name, 0, 100) == b"newer"


def test_a_version_that_is_gone_is_nothing(store, name):
    stored = store.put(name, PHOTO, mime=JPEG)
    store.delete(name, stored.version)

    assert store.look(name, stored.version) is None


@pytest.mark.parametrize(
    ("start", "length", "expected"),
    [(0, 4, PHOTO[:4]), (2, 6, PHOTO[2:8]), (0, 10**6, PHOTO), (len(PHOTO), 5, b""), (3, 0, b"")],
)
def test_a_part_is_read_and_no_more(store, name, start, length, expected):
    store.put(name, PHOTO, mime=JPEG)

    assert store.read(name, start, length) == expected


def test_reading_what_is_not_there_is_refused_for_good(store, name):
    with pytest.raises(StoreRefused) as caught:
        store.read(name, 0, 10)

    assert caught.value.facts["failure_type"] == "not_found"


@pytest.mark.parametrize("body", [PHOTO, memoryview(PHOTO)])
def test_bytes_are_put_with_their_facts(store, name, body):
    stored = store.put(name, body, mime=JPEG)

    assert stored == store.look(name)
    assert (stored.size, stored.sha256, stored.mime) == (len(PHOTO), SHA256, JPEG)


def test_putting_the_same_bytes_again_is_the_same_success(store, name):
    first = store.put(name, PHOTO, mime=JPEG)

    assert store.put(name, PHOTO, mime=JPEG) == first
    assert store.versions(name) == [first.version]


def test_putting_other_bytes_under_a_used_name_is_refused(store, name):
    store.put(name, PHOTO, mime=JPEG)

    with pytest.raises(StoreRefused, match="used once"):
        store.put(name, b"other", mime=JPEG)

    assert store.look(name).sha256 == SHA256


def test_bytes_that_are_not_what_their_digest_says_are_refused(store, name):
    with pytest.raises(StoreRefused):
        store.put(name, PHOTO[::-1], mime=JPEG, sha256=SHA256)

    assert store.look(name) is None


def test_deleting_a_version_leaves_every_other_one(store, s3, bucket, name):
    condemned = store.put(name, PHOTO, mime=JPEG)
    newer = s3.put_object(Bucket=bucket, Key=name, Body=b"newer")["VersionId"]

    store.delete(name, condemned.version)

    assert store.versions(name) == [newer]


def test_deleting_a_name_leaves_neither_versions_nor_markers(store, s3, bucket, name):
    s3.put_object(Bucket=bucket, Key=name, Body=b"one")
    s3.delete_object(Bucket=bucket, Key=name)
    s3.put_object(Bucket=bucket, Key=name, Body=b"two")
    assert len(store.versions(name)) == 3

    store.delete(name)

    assert store.versions(name) == []
    assert store.look(name) is None


def test_deleting_a_name_spares_the_names_it_begins(store, name):
    store.put(name, PHOTO, mime=JPEG)
    tenth = store.put(f"{name}0", PHOTO, mime=JPEG)

    store.delete(name)

    assert store.versions(f"{name}0") == [tenth.version]


def test_a_hidden_object_is_nothing(store, s3, bucket, name):
    store.put(name, PHOTO, mime=JPEG)
    marker = s3.delete_object(Bucket=bucket, Key=name)["VersionId"]

    assert store.look(name) is None
    assert store.look(name, marker) is None


def test_deleting_what_is_not_there_is_a_success(store, name):
    stored = store.put(name, PHOTO, mime=JPEG)

    for _ in range(2):
        store.delete(name, stored.version)
        store.delete(name)


def test_a_bucket_without_versions_is_served_as_well(store_with, s3, name):
    plain = f"plain-{uuid.uuid4().hex}"
    s3.create_bucket(Bucket=plain)
    store = store_with(bucket=plain)

    stored = store.put(name, PHOTO, mime=JPEG)
    store.delete(name)

    assert stored.version is None
    assert store.look(name) is None


def test_many_versions_are_listed_page_by_page(store, s3, bucket, name, monkeypatch):
    made = {s3.put_object(Bucket=bucket, Key=name, Body=bytes([n]))["VersionId"] for n in range(5)}
    ask = store._ask
    monkeypatch.setattr(store, "_ask", lambda *a, query, **kw: ask(*a, query={**query, "max-keys": "2"}, **kw))

    found = store.versions(name)

    assert len(found) == 5
    assert set(found) == made


def test_a_granted_get_shows_the_pinned_version(store, s3, bucket, name, http):
    first = store.put(name, PHOTO, mime=JPEG)
    s3.put_object(Bucket=bucket, Key=name, Body=b"newer")

    answer = http.request("GET", store.signed_get(name, 60, version=first.version), headers={})

    assert (answer.status, answer.body) == (200, PHOTO)
    assert "content-disposition" not in answer.headers


def test_a_granted_get_can_name_the_file_it_saves(store, name, http):
    store.put(name, PHOTO, mime=JPEG)

    answer = http.request("GET", store.signed_get(name, 60, filename='Brücke "1"\r\nX: y.jpg'), headers={})

    named = answer.headers["content-disposition"]
    assert named.startswith('attachment; filename="Br_cke _1___X: y.jpg"')
    assert named.endswith("filename*=UTF-8''Br%C3%BCcke%20%221%22%0D%0AX%3A%20y.jpg")


def test_a_granted_get_of_another_version_is_refused(store, s3, bucket, name, http):
    first = store.put(name, PHOTO, mime=JPEG)
    newer = s3.put_object(Bucket=bucket, Key=name, Body=b"newer")["VersionId"]
    granted = store.signed_get(name, 60, version=first.version)

    answer = http.request("GET", granted.replace(first.version, newer), headers={})

    assert answer.status == 403


@pytest.mark.parametrize("odd", ["a b", "ü", "a+b", "a%2Fb", "a//b", "~x", "?q=1&r"])
def test_names_of_any_letters_mean_the_same_object_everywhere(store, s3, bucket, odd, upload):
    name = f"{uuid.uuid4().hex}/{odd}"

    assert upload(store.presign_put(name, declared(), 900)) == 200
    assert s3.get_object(Bucket=bucket, Key=name)["Body"].read() == PHOTO
    assert store.read(name, 0, 4) == PHOTO[:4]
    store.delete(name)
    assert store.look(name) is None
