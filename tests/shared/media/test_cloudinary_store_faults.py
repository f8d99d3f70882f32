"""What only Cloudinary does to a call: how it tells a wait, what it fetches, what its SDK finds elsewhere."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.errors import OutcomeUnknown, StoreBusy, StoreRefused
from shared.media.verify import verify
from tests.support.assets import asset_of
from tests.support.cloudinary import double, store_at
from tests.support.store_calls import NAME, PHOTO, SECONDS


@pytest.fixture
def cloudinary(tmp_path):
    with double(tmp_path) as running:
        yield running


@pytest.fixture
def store(cloudinary):
    with store_at(cloudinary.url) as made:
        yield made


def test_the_wait_that_an_upload_is_told_ends_when_the_hour_does(cloudinary):
    resets = datetime.fromtimestamp(cloudinary.cloud.rate_limit.facts()["reset"], UTC)
    cloudinary.arm("420", operation="upload")

    with store_at(cloudinary.url, now=resets - timedelta(seconds=99.5)) as store, pytest.raises(StoreBusy) as caught:
        store.put(NAME, asset_of(PHOTO), SECONDS)

    assert caught.value.retry_after == 100


def test_the_wait_that_a_look_is_told_ends_when_the_hour_does(cloudinary):
    cloudinary.cloud.rate_limit.set(0)
    resets = datetime.fromtimestamp(cloudinary.cloud.rate_limit.facts()["reset"], UTC)

    with store_at(cloudinary.url, now=resets - timedelta(seconds=7)) as store, pytest.raises(StoreBusy) as caught:
        store.look(NAME)

    assert caught.value.retry_after == 7


def test_a_source_that_cannot_be_fetched_may_be_another_time(cloudinary, store):
    source = f"{cloudinary.cloud.base_url}/_stand-in/nothing"

    with pytest.raises((OutcomeUnknown, StoreRefused)) as caught:
        store.put(NAME, asset_of(PHOTO, body=None, source_url=source), SECONDS)

    assert caught.value.facts["failure_type"] in {"download_failed", "not_found"}


@pytest.mark.parametrize("setting", ["oauth_token", "signature_algorithm"])
def test_settings_that_the_sdk_found_elsewhere_change_nothing(store, setting, monkeypatch):
    from cloudinary import config

    monkeypatch.setitem(config().__dict__, setting, "sha256")
    asset = asset_of(PHOTO)

    verify(asset, store.put(NAME, asset, SECONDS), NAME)
