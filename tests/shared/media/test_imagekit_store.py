"""One name has one file, whose bytes are seen again before anybody believes in it."""

import hashlib
import subprocess
import sys
import tracemalloc
from contextlib import closing
from pathlib import Path

import pytest

from shared.aws.http import HttpClient
from shared.errors import Misconfigured, OutcomeUnknown
from shared.media.imagekit import ImageKitStore
from shared.media.imagekit_account import Account
from shared.media.verify import verify
from shared.photos import StoreName
from tests.support.assets import asset_of
from tests.support.imagekit import double, store_at
from tests.support.one_answer import one_answer
from tests.support.store_calls import NAME, PHOTO, SECONDS, peak_of

ROOT = Path(__file__).parents[3]


@pytest.fixture
def imagekit(tmp_path):
    with double(tmp_path) as running:
        yield running


@pytest.fixture
def store(imagekit):
    with store_at(imagekit.url) as made:
        yield made


def see(url):
    """What a viewer gets: bytes, or the status that says why not."""
    with closing(HttpClient(max_bytes=1 << 24)) as http:
        answer = http.request("GET", url, headers={})
    return answer.body if answer.status == 200 else answer.status


def test_a_put_is_one_upload_and_one_look_at_what_viewers_get(imagekit, store):
    asset = asset_of(PHOTO)

    verify(asset, store.put(NAME, asset, SECONDS), NAME)

    assert imagekit.calls() == {"upload": 1, "delivery": 1}


def test_what_is_not_there_costs_one_search_to_look_at_and_to_delete(imagekit, store):
    assert store.look(NAME) is None
    assert store.delete(NAME) is False

    assert imagekit.calls() == {"list": 2}


def test_a_put_tells_all_that_is_needed_to_find_and_show_the_photo_later(imagekit, store):
    stored = store.put(NAME, asset_of(PHOTO), SECONDS)

    held = imagekit.held()[NAME]
    assert stored.store is StoreName.IMAGEKIT
    assert (stored.md5, stored.sha256) == (hashlib.md5(PHOTO, usedforsecurity=False).hexdigest(), None)
    assert stored.version == held.file_id
    assert stored.ref == {
        "asset_id": held.file_id,
        "secure_url": store.url(stored, 60),
        "file_path": f"/{NAME}",
        "version_id": held.version_id,
    }


def test_the_url_asks_for_the_original_of_the_version_that_was_verified(imagekit, store):
    stored = store.put(NAME, asset_of(PHOTO), SECONDS)

    version = imagekit.held()[NAME].version_id
    assert store.url(stored, 60) == f"{imagekit.kit.url_endpoint}/{NAME}?tr=orig-true&v={version}"


def test_without_the_original_imagekit_shows_other_bytes(imagekit, store):
    """Why its plain URL proves nothing."""
    store.put(NAME, asset_of(PHOTO), SECONDS)

    assert see(f"{imagekit.kit.url_endpoint}/{NAME}") not in (404, PHOTO)


def test_a_photo_is_found_by_its_tags(imagekit, store):
    labels = {"idempotency_key": "k,1", "upload_id": "u"}

    store.put(NAME, asset_of(PHOTO, labels=labels, tags=("stop",)), SECONDS)

    assert imagekit.held()[NAME].tags == ("keepsake", "key:k 1", "stop")


def test_a_later_try_is_not_judged_by_a_copy_of_an_earlier_one(imagekit, store):
    imagekit.arm("truncate", times=1, operation="upload")
    asset = asset_of(PHOTO)
    half = store.put(NAME, asset, SECONDS)

    whole = store.put(NAME, asset, SECONDS)

    assert half.size == len(PHOTO) // 2
    verify(asset, whole, NAME)


def test_after_a_delete_no_copy_is_shown_any_more(imagekit, store):
    stored = store.put(NAME, asset_of(PHOTO), SECONDS)

    store.delete(NAME)

    assert see(store.url(stored, 60)) == 404


def test_a_delete_is_carried_out_even_when_copies_cannot_be_purged(imagekit, store):
    store.put(NAME, asset_of(PHOTO), SECONDS)
    imagekit.arm("500", times=1, operation="purge")

    with pytest.raises(OutcomeUnknown):
        store.delete(NAME)

    assert imagekit.held() == {}


def test_a_file_that_another_hand_deletes_meanwhile_was_not_there(imagekit, store, monkeypatch):
    stored = store.put(NAME, asset_of(PHOTO), SECONDS)
    monkeypatch.setattr(store._sdk, "purge", lambda url: store._sdk.delete(stored.version))

    assert store.delete(NAME) is False


def test_an_id_that_is_of_another_name_is_not_this_ones(imagekit, store):
    other = store.put("test/org/upload/2", asset_of(PHOTO), SECONDS)

    assert store.look(NAME, other.version) is None
    assert store.delete(NAME, other.version) is False
    assert list(imagekit.held()) == [other.name]


def test_a_photo_is_never_copied_on_its_way_out():
    """A second copy of a photo could cost a small function its life."""
    photo = memoryview(bytearray(4_400_000))
    with one_answer() as server, store_at(f"imagekit://KEY@127.0.0.1/demo?upload_prefix={server.url}") as store:
        server.say({"message": "Invalid file"}, 400)

        peak = peak_of(lambda: store.put(NAME, asset_of(photo), SECONDS))

    assert server.asked == 2
    assert peak < 0.3 * len(photo)


def test_what_is_seen_again_is_not_held():
    with one_answer() as server, store_at(f"imagekit://KEY@127.0.0.1/demo?upload_prefix={server.url}") as store:
        server.say(bytes(4_400_000))
        sdk = store._sdk

        with sdk.within(SECONDS):
            sdk.original(server.url)
            tracemalloc.start()
            said = sdk.original(server.url)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

    assert said.facts.size == 4_400_000
    assert peak < 1_000_000


def test_only_who_asks_imports_the_sdk():
    code = (
        "import sys; from shared.media.imagekit import ImageKitStore; "
        "from shared.media.imagekit_account import Account; "
        "ImageKitStore(Account.from_url('imagekit://k@ik.imagekit.io/c')); "
        "print(sorted({'imagekitio', 'httpx', 'httpcore'} & set(sys.modules)))"
    )

    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env={}, capture_output=True, text=True, check=False)

    assert (run.stdout, run.stderr) == ("[]\n", "")


def test_without_the_sdk_it_is_said_what_to_install(monkeypatch):
    monkeypatch.delitem(sys.modules, "shared.media.imagekit_sdk", raising=False)
    monkeypatch.setitem(sys.modules, "imagekitio", None)
    store = ImageKitStore(Account("k", "https://ik.imagekit.io/demo"))

    with pytest.raises(Misconfigured, match=r"imagekitio is missing.*Add imagekitio>="):
        store.look(NAME)


def test_what_the_sdk_finds_in_the_environment_changes_nothing(imagekit, store, monkeypatch):
    monkeypatch.setenv("IMAGEKIT_PRIVATE_KEY", "another")
    monkeypatch.setenv("IMAGE_KIT_BASE_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("IMAGE_KIT_CUSTOM_HEADERS", "Authorization: Basic bm9ib2R5Og==")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    asset = asset_of(PHOTO)

    verify(asset, store.put(NAME, asset, SECONDS), NAME)
