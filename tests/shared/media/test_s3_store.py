"""One name holds one object, written once: proved against an S3 that verifies signatures."""

import hashlib
import uuid

import pytest

from shared.errors import StoreRefused
from tests.support.assets import asset_of

PHOTO = b"\xff\xd8 a photo of a bridge \xff\xd9"
SHA256 = hashlib.sha256(PHOTO).hexdigest()
JPEG = "image/jpeg"


def test_what_is_not_there_is_nothing(store, name):
    assert store.look(name) is None


def test_an_object_stored_in_parts_has_no_digest_of_the_whole(store, s3, bucket, name):
    made = s3.create_multipart_upload(Bucket=bucket, Key=name, ChecksumAlgorithm="SHA256")
    at = {"Bucket": bucket, "Key": name, "UploadId": made["UploadId"]}
    part = s3.upload_part(**at, PartNumber=1, Body=PHOTO, ChecksumAlgorithm="SHA256")
    parts = [{"PartNumber": 1, "ETag": part["ETag"], "ChecksumSHA256": part["ChecksumSHA256"]}]
    s3.complete_multipart_upload(**at, MultipartUpload={"Parts": parts})

    there = store.look(name)

    assert (there.size, there.sha256, there.md5) == (len(PHOTO), None, None)
    assert [there.version] == store.versions(name)


def test_a_pinned_version_is_read_whatever_came_after_it(store, s3, bucket, name):
    first = store.put(name, asset_of(PHOTO), 10)
    s3.put_object(Bucket=bucket, Key=name, Body=b"newer")

    assert store.look(name, first.version).sha256 == SHA256
    assert store.read(name, 0, 100, first.version) == PHOTO
    assert store.read(name, 0, 100) == b"newer"


def test_a_version_that_is_gone_is_nothing(store, name):
    stored = store.put(name, asset_of(PHOTO), 10)
    store.delete(name, stored.version)

    assert store.look(name, stored.version) is None


@pytest.mark.parametrize(
    ("start", "length", "expected"),
    [(0, 4, PHOTO[:4]), (2, 6, PHOTO[2:8]), (0, 10**6, PHOTO), (len(PHOTO), 5, b""), (3, 0, b"")],
)
def test_a_part_is_read_and_no_more(store, name, start, length, expected):
    store.put(name, asset_of(PHOTO), 10)

    assert store.read(name, start, length) == expected


def test_reading_what_is_not_there_is_refused_for_good(store, name):
    with pytest.raises(StoreRefused) as caught:
        store.read(name, 0, 10)

    assert caught.value.facts["failure_type"] == "not_found"


@pytest.mark.parametrize("body", [PHOTO, memoryview(PHOTO)])
def test_bytes_are_put_with_their_facts(store, name, body):
    stored = store.put(name, asset_of(body), 10)

    assert stored == store.look(name)
    assert (stored.size, stored.sha256, stored.mime) == (len(PHOTO), SHA256, JPEG)


def test_putting_the_same_bytes_again_is_the_same_success(store, name):
    first = store.put(name, asset_of(PHOTO), 10)

    assert store.put(name, asset_of(PHOTO), 10) == first
    assert store.versions(name) == [first.version]


def test_putting_other_bytes_under_a_used_name_is_refused(store, name):
    store.put(name, asset_of(PHOTO), 10)

    with pytest.raises(StoreRefused, match="used once"):
        store.put(name, asset_of(b"other"), 10)

    assert store.look(name).sha256 == SHA256


def test_bytes_that_are_not_what_their_digest_says_are_refused(store, name):
    with pytest.raises(StoreRefused):
        store.put(name, asset_of(PHOTO[::-1], sha256=SHA256), 10)

    assert store.look(name) is None


def test_deleting_a_version_leaves_every_other_one(store, s3, bucket, name):
    condemned = store.put(name, asset_of(PHOTO), 10)
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
    first = store.put(name, asset_of(PHOTO), 10)
    tenth = store.put(f"{name}0", asset_of(PHOTO), 10)
    assert store.versions(name) == [first.version]

    store.delete(name)

    assert store.versions(f"{name}0") == [tenth.version]


def test_a_hidden_object_is_nothing(store, s3, bucket, name):
    store.put(name, asset_of(PHOTO), 10)
    marker = s3.delete_object(Bucket=bucket, Key=name)["VersionId"]

    assert store.look(name) is None
    assert store.look(name, marker) is None


def test_deleting_what_is_not_there_is_a_success(store, name):
    stored = store.put(name, asset_of(PHOTO), 10)

    for _ in range(2):
        store.delete(name, stored.version)
        store.delete(name)


def test_a_bucket_without_versions_is_served_as_well(store_with, s3, name):
    plain = f"plain-{uuid.uuid4().hex}"
    s3.create_bucket(Bucket=plain)
    store = store_with(bucket=plain)

    stored = store.put(name, asset_of(PHOTO), 10)
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


@pytest.mark.parametrize("odd", ["a b", "ü", "a+b", "a%2Fb", "a//b", "~x", "?q=1&r"])
def test_names_of_any_letters_mean_the_same_object_everywhere(store, s3, bucket, odd):
    name = f"{uuid.uuid4().hex}/{odd}"

    store.put(name, asset_of(PHOTO), 10)

    assert s3.get_object(Bucket=bucket, Key=name)["Body"].read() == PHOTO
    assert store.read(name, 0, 4) == PHOTO[:4]
    store.delete(name)
    assert store.look(name) is None
