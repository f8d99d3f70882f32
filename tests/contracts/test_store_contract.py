"""What every store promises, whoever provides it."""

import urllib.request
from dataclasses import replace

import pytest

from shared.errors import OutcomeUnknown
from shared.media.verify import verify
from shared.photos import StoreName
from tests.support.assets import asset_of
from tests.support.client import jpeg

PHOTO = jpeg()
SECONDS = 10
MOST_BYTES = 4_400_000


def test_what_was_put_is_found_as_it_was_put(store, name):
    stored = store.put(name, asset_of(PHOTO), SECONDS)

    assert stored == store.look(name)
    assert (stored.store, stored.name, stored.size) == (store.name, name, len(PHOTO))
    assert stored.mime == "image/jpeg"


def test_every_store_is_one_that_we_know(store):
    assert store.name in set(StoreName)


def test_what_a_store_tells_suffices_to_verify_it(store, name):
    asset = asset_of(PHOTO)

    stored = store.put(name, asset, SECONDS)

    verify(asset, stored, name)
    verify(asset, store.look(name), name)


def test_other_bytes_of_the_same_length_do_not_pass_for_these(store, name):
    stored = store.put(name, asset_of(PHOTO), SECONDS)

    with pytest.raises(OutcomeUnknown, match="instead of"):
        verify(asset_of(PHOTO[:-1] + b"!"), stored, name)


def test_its_own_facts_about_an_object_can_be_kept_as_json_strings(store, name):
    stored = store.put(name, asset_of(PHOTO), SECONDS)

    assert all(isinstance(text, str) for pair in stored.ref.items() for text in pair)


def test_the_same_bytes_put_again_are_the_same_success(store, name):
    asset = asset_of(PHOTO)
    first = store.put(name, asset, SECONDS)

    again = store.put(name, asset, SECONDS)

    # A version, and what is made of it, may grow.
    verify(asset, again, name)
    assert replace(again, version=None, ref={}) == replace(first, version=None, ref={})
    assert store.look(name) == again


def test_after_the_same_bytes_came_again_the_first_version_is_still_found(store, name):
    asset = asset_of(PHOTO)
    first = store.put(name, asset, SECONDS)
    store.put(name, asset, SECONDS)

    verify(asset, store.look(name, first.version), name)


def test_what_was_never_put_is_nothing(store, name):
    assert store.look(name) is None


def test_what_was_deleted_is_nothing(store, name):
    store.put(name, asset_of(PHOTO), SECONDS)

    assert store.delete(name) is True
    assert store.look(name) is None


def test_deleting_what_is_not_there_is_a_success_that_says_so(store, name):
    assert store.delete(name) is False


def test_deleting_twice_is_a_success_that_says_so(store, name):
    stored = store.put(name, asset_of(PHOTO), SECONDS)

    store.delete(name, stored.version)
    store.delete(name, stored.version)

    assert store.delete(name) is False


def test_a_version_is_found_and_deleted_by_its_own_word(store, name):
    stored = store.put(name, asset_of(PHOTO), SECONDS)
    assert store.look(name, stored.version) == stored

    store.delete(name, stored.version)

    assert store.look(name, stored.version) is None
    assert store.look(name) is None


def test_deleting_a_name_spares_the_names_that_it_begins(store, name):
    store.put(name, asset_of(PHOTO), SECONDS)
    tenth = store.put(f"{name}0", asset_of(PHOTO), SECONDS)

    store.delete(name)

    assert store.look(f"{name}0") == tenth


def test_the_largest_photo_of_the_form_door_is_stored_whole(store, name):
    asset = asset_of(PHOTO.ljust(MOST_BYTES, b"\0"))

    stored = store.put(name, asset, SECONDS)

    verify(asset, stored, name)
    assert stored.size == MOST_BYTES


def test_a_view_into_a_larger_buffer_is_stored_without_what_is_around_it(store, name):
    buffer = bytearray(b"before" + PHOTO + b"after")
    asset = asset_of(memoryview(buffer)[6:-5])

    stored = store.put(name, asset, SECONDS)

    verify(asset_of(PHOTO), stored, name)


def test_its_url_shows_the_bytes(store, name):
    stored = store.put(name, asset_of(PHOTO), SECONDS)

    with urllib.request.urlopen(store.url(stored, 60), timeout=SECONDS) as page:  # noqa: S310 - the store's own
        assert page.read() == PHOTO


def test_a_url_of_s3_shows_the_version_that_was_verified_and_no_other(s3_store, name):
    stored = s3_store.put(name, asset_of(PHOTO), SECONDS)

    assert f"versionId={stored.version}" in s3_store.url(stored, 60)


@pytest.mark.parametrize("fetcher", ["cloudinary", "imagekit"])
def test_what_lies_in_s3_is_fetched_by_the_store_itself(s3_store, fetcher, request, name):
    """So a photo of the direct door, or a parked one, gets to its store without passing through us again."""
    parked = s3_store.put(name, asset_of(PHOTO), SECONDS)
    source = s3_store.signed_get(name, 60, version=parked.version)
    asset = asset_of(PHOTO, body=None, source_url=source)
    store = request.getfixturevalue(f"{fetcher}_store")

    stored = store.put(name, asset, SECONDS)

    verify(asset, stored, name)


def test_s3_is_never_asked_to_fetch(s3_store, name):
    with pytest.raises(ValueError, match="the bytes themselves"):
        s3_store.put(name, asset_of(PHOTO, body=None, source_url="https://elsewhere.example/1"), SECONDS)
