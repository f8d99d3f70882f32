"""What our Cloudinary account holds is listed, marked and removed, with a few calls of those it allows."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from shared.aws.http import HttpClient
from shared.errors import ProviderDown, StoreBusy, StoreUnavailable
from shared.media import cloudinary_listing
from shared.media.cloudinary_account import Account
from shared.media.cloudinary_listing import CloudinaryListing
from tests.support.assets import asset_of
from tests.support.client import jpeg
from tests.support.cloudinary import double
from tests.support.one_answer import one_answer

PHOTO = jpeg()


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    with double(tmp_path_factory.mktemp("cloudinary")) as it:
        yield it


@pytest.fixture
def listing(cloud) -> Iterator[CloudinaryListing]:
    cloud.cloud.assets.clear()
    cloud.cloud.calls.clear()
    cloud.cloud.rate_limit.set(500)
    with closing(HttpClient()) as http:
        yield CloudinaryListing(Account.from_url(cloud.url), http=http, clock=lambda: datetime.now(UTC))


def put(listing, *names):
    for name in names:
        listing.put(name, asset_of(PHOTO), 5)


def test_a_page_tells_names_ages_and_sizes(listing):
    put(listing, "test/a")

    page = listing.page("test/", {})

    ((held,), onward) = page.held, page.onward
    assert (held.name, held.versions[0].size, onward) == ("test/a", len(PHOTO), None)
    assert abs(datetime.now(UTC) - held.newest) < timedelta(minutes=1)


def test_pages_are_sorted_by_name_and_each_costs_one_call(listing, cloud, monkeypatch):
    monkeypatch.setattr(cloudinary_listing, "PAGE", 2)
    put(listing, "test/c", "test/a", "test/b", "other/a")
    cloud.cloud.calls.clear()

    first = listing.page("test/", {})
    second = listing.page("test/", first.onward)

    assert [held.name for held in (*first.held, *second.held)] == ["test/a", "test/b", "test/c"]
    assert second.onward is None
    assert cloud.calls() == {"admin": 2}


def test_quarantine_marks_the_asset_and_costs_no_call_of_the_few(listing, cloud):
    put(listing, "test/a")
    (held,) = listing.page("test/", {}).held
    cloud.cloud.calls.clear()

    listing.quarantine(held)

    assert "admin" not in cloud.calls()
    assert "keepsake-quarantined" in cloud.held()["test/a"].tags


def test_removing_takes_the_asset_and_no_other(listing, cloud):
    put(listing, "test/a", "test/ab")
    held, _ = listing.page("test/", {}).held

    listing.remove(held)

    assert set(cloud.held()) == {"test/ab"}


def test_a_spent_hour_is_told_as_such(listing, cloud):
    cloud.cloud.rate_limit.set(0)

    with pytest.raises(StoreBusy):
        listing.page("test/", {})


@pytest.mark.parametrize(
    ("facts", "status", "error"),
    [({"resources": [{"public_id": "a"}]}, 200, StoreUnavailable), ({"error": {"message": "no"}}, 401, ProviderDown)],
)
def test_what_is_no_list_is_no_empty_list(facts, status, error):
    with one_answer() as cloud, closing(HttpClient()) as http:
        cloud.say(facts, status)
        account = Account("demo", "KEY", "SECRET", cloud.url)

        with pytest.raises(error):
            CloudinaryListing(account, http=http, clock=lambda: datetime.now(UTC)).page("test/", {})
