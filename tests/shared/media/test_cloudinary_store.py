"""One name has one asset, with what it is about beside it, and each thing we want costs one call."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from shared.media.verify import verify
from shared.photos import StoreName
from tests.support.assets import asset_of
from tests.support.cloudinary import double, store_at
from tests.support.one_answer import one_answer
from tests.support.store_calls import NAME, PHOTO, SECONDS, peak_of

ROOT = Path(__file__).parents[3]


@pytest.fixture
def cloudinary(tmp_path):
    with double(tmp_path) as running:
        yield running


@pytest.fixture
def store(cloudinary):
    with store_at(cloudinary.url) as made:
        yield made


def test_a_put_is_exactly_one_call(cloudinary, store):
    store.put(NAME, asset_of(PHOTO), SECONDS)

    assert cloudinary.calls() == {"upload": 1}


def test_verifying_a_put_costs_no_further_call(cloudinary, store):
    asset = asset_of(PHOTO)

    verify(asset, store.put(NAME, asset, SECONDS), NAME)

    assert cloudinary.calls() == {"upload": 1}


def test_a_look_and_a_delete_are_one_call_each(cloudinary, store):
    store.look(NAME)
    store.delete(NAME)

    assert cloudinary.calls() == {"admin": 1, "destroy": 1}


def test_a_put_tells_all_that_is_needed_to_find_and_show_the_photo_later(cloudinary, store):
    stored = store.put(NAME, asset_of(PHOTO), SECONDS)

    held = cloudinary.held()[NAME]
    assert stored.store is StoreName.CLOUDINARY
    assert (stored.md5, stored.sha256) == (hashlib.md5(PHOTO, usedforsecurity=False).hexdigest(), None)
    assert stored.version == str(held.version)
    assert stored.ref == {
        "asset_id": held.asset_id,
        "public_id": NAME,
        "version": str(held.version),
        "secure_url": store.url(stored, 60),
        "format": "jpg",
    }


def test_what_a_photo_is_about_is_kept_beside_it(cloudinary, store):
    labels = {"team_name": "A=B|C", "hunt_name": "Día & Noche", "idempotency_key": "k,1", "upload_id": "u"}

    store.put(NAME, asset_of(PHOTO, labels=labels, tags=("stop",)), SECONDS)

    held = cloudinary.held()[NAME]
    assert held.context == labels
    assert held.tags == ("keepsake", "key:k 1", "stop")


def test_a_label_that_ends_in_a_backslash_swallows_no_other(cloudinary, store):
    labels = {"team_name": "x\\", "session_id": "s|1=2", "hunt_name": "\\|="}

    store.put(NAME, asset_of(PHOTO, labels=labels), SECONDS)

    assert cloudinary.held()[NAME].context == {"team_name": "x/", "session_id": "s|1=2", "hunt_name": "/|="}


def test_an_account_that_signs_with_sha256_is_served_as_well(cloudinary):
    with store_at(f"{cloudinary.url}&signature_algorithm=sha256") as store:
        stored = store.put(NAME, asset_of(PHOTO), SECONDS)

    verify(asset_of(PHOTO), stored, NAME)


def test_a_photo_is_copied_only_once_on_its_way_out():
    """Into the request's own body. A third copy of a photo could cost a small function its life."""
    photo = memoryview(bytearray(4_400_000))
    with one_answer() as server, store_at(f"cloudinary://KEY:SECRET@demo?upload_prefix={server.url}") as store:
        server.say({"error": {"message": "Invalid image file"}}, 400)

        peak = peak_of(lambda: store.put(NAME, asset_of(photo), SECONDS))

    assert server.asked == 2
    assert peak < 1.3 * len(photo)


def test_only_who_writes_imports_the_sdk():
    """It takes longer to import than a handler that only shows a photo needs in all."""
    code = (
        "import sys; from shared.media.cloudinary import CloudinaryStore; "
        "from shared.media.cloudinary_account import Account; "
        "CloudinaryStore(Account.from_url('cloudinary://k:s@c'), http=None, clock=None); "
        "print(sorted({'cloudinary', 'urllib3'} & set(sys.modules)))"
    )

    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env={}, capture_output=True, text=True, check=False)

    assert (run.stdout, run.stderr) == ("[]\n", "")
