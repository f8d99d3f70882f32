"""Whoever deletes a name leaves no unfinished upload of it: proved against an S3 that checks every right."""

import pytest

from shared.errors import ProviderDown
from tests.support.assets import asset_of

JPEG = "image/jpeg"


@pytest.fixture
def unfinished(store, name):
    """An upload in parts that nobody will complete."""
    return store.begin_multipart(name, JPEG)


def test_open_uploads_of_exactly_one_name_are_listed_page_by_page(store, name, counted):
    mine = {store.begin_multipart(name, JPEG) for _ in range(5)}
    for _ in range(3):
        store.begin_multipart(f"{name}0", JPEG)

    found = store.open_multiparts(name)

    assert (len(found), set(found)) == (5, mine)
    assert counted.count("list multipart uploads") == 3


def test_deleting_a_name_aborts_what_is_unfinished_and_spares_the_names_it_begins(store, name):
    store.begin_multipart(name, JPEG)
    store.begin_multipart(name, JPEG)
    tenth = store.begin_multipart(f"{name}0", JPEG)

    assert store.delete(name) is True
    assert store.open_multiparts(name) == []
    assert store.open_multiparts(f"{name}0") == [tenth]
    assert store.delete(name) is False


def test_deleting_a_name_takes_the_object_and_what_is_unfinished(store, name, unfinished):
    store.put(name, asset_of(b"first"), 10)

    assert store.delete(name) is True

    assert (store.versions(name), store.open_multiparts(name)) == ([], [])


def test_deleting_one_version_leaves_what_is_unfinished(store, name, unfinished):
    there = store.put(name, asset_of(b"first"), 10)

    store.delete(name, there.version)

    assert store.open_multiparts(name) == [unfinished]


@pytest.mark.parametrize(
    "rights",
    [
        ("s3:ListBucketVersions", "s3:AbortMultipartUpload"),
        ("s3:ListBucketVersions", "s3:ListBucketMultipartUploads"),
    ],
)
def test_a_role_that_cannot_see_or_abort_what_is_unfinished_never_says_that_a_name_is_clean(
    store_with, assume, store, name, unfinished, *, rights
):
    with pytest.raises(ProviderDown):
        store_with(credentials=assume(*rights)).delete(name)

    assert store.open_multiparts(name) == [unfinished]
