"""All bytes of an object are hashed, and never are many of them held."""

import hashlib
import tracemalloc
from datetime import UTC, datetime

import pytest

from shared.aws.credentials import Credentials
from shared.aws.http import Answer
from shared.aws.reach import Reach
from shared.errors import StoreUnavailable
from shared.media.s3 import S3Store
from shared.media.s3_reads import PIECE
from tests.support.assets import asset_of


class Endless:
    """Answers every range with as many bytes, up to an end."""

    def __init__(self, size):
        self.size = size
        self.ranges = []

    def request(self, method, url, *, headers, **options):
        start, end = map(int, headers["range"].removeprefix("bytes=").split("-"))
        self.ranges.append((start, end))
        return Answer(206, {}, bytes(max(0, min(end + 1, self.size) - start)))


def store_over(http):
    return S3Store(
        "photos",
        Reach(
            region="eu-west-1",
            credentials=Credentials("AKIA", "hush"),
            http=http,
            clock=lambda: datetime(2030, 1, 31, tzinfo=UTC),
        ),
    )


@pytest.mark.parametrize("size", [0, 1, PIECE, PIECE + 1])
def test_the_digests_are_those_of_all_bytes(store, name, size):
    body = (b"bridge" * (size // 6 + 1))[:size]
    there = store.put(name, asset_of(body), 10)

    found = store.digest(name, there.version, there.size)

    assert (found.sha256, found.md5) == (there.sha256, there.md5)


def test_the_version_that_was_seen_is_the_one_that_is_hashed(store, s3, bucket, name):
    there = store.put(name, asset_of(b"first"), 10)
    s3.put_object(Bucket=bucket, Key=name, Body=b"newer")

    assert store.digest(name, there.version, 5).sha256 == there.sha256
    assert store.digest(name, None, 5).sha256 == hashlib.sha256(b"newer").hexdigest()


def test_a_large_object_is_read_once_and_in_pieces():
    http = Endless(size := 10 * PIECE + 7)
    store = store_over(http)
    tracemalloc.start()

    store.digest("n", "v", size)

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3 * PIECE
    assert http.ranges == [(start, min(start + PIECE, size) - 1) for start in range(0, size, PIECE)]


def test_an_object_that_is_shorter_than_it_was_has_no_digest():
    with pytest.raises(StoreUnavailable, match="replaced"):
        store_over(Endless(PIECE)).digest("n", None, PIECE + 1)
