"""Imports that are due are fetched once more, in the same run as what is parked."""

import pytest

from shared.db.parking import PostgresParking
from shared.db.recovery import PostgresRecovery
from shared.errors import StoreUnavailable
from shared.photos import StoreName
from shared.resilience.budget import Budget
from shared.uploads.retry_run import run_due
from tests.functions.import_images.conftest import _host, gallery, make, pauses  # noqa: F401 - fixtures
from tests.shared.db.conftest import world  # noqa: F401 - a fixture
from tests.support.client import jpeg
from tests.support.host import Said

DUE = "UPDATE uploads SET next_retry_at = now() WHERE state = 'open' AND next_retry_at IS NOT NULL"
LEFT = "SELECT state, tries, failure_class, parked_key IS NOT NULL FROM uploads ORDER BY seq"


@pytest.fixture
def again(gallery):  # noqa: F811
    def once():
        gallery.rows(DUE)
        return run_due(gallery.deps, Budget.seconds(100))

    return once


def test_what_was_not_there_yet_is_stored_when_it_is(gallery, host, again):  # noqa: F811
    gallery.take(host.at("/a.jpg", Said(503), Said(503), jpeg()))

    first, second, third = again(), again(), again()

    assert ((first.failed, dict(first.by_type)), second.success) == ((1, {"upstream_unavailable": 1}), 1)
    assert third.touched == set()
    assert gallery.rows(LEFT) == [("committed", 2, None, False)]
    assert gallery.photos() == 1


def test_a_provider_that_fails_does_not_keep_the_others_from_being_asked(gallery, host, again):  # noqa: F811
    gallery.take(
        {"provider": "slow", "provider_url": host.at("/slow.jpg", Said(503))}, host.at("/a.jpg", Said(503), jpeg())
    )

    tally = again()

    assert (tally.attempted, tally.success, tally.down) == (2, 1, set())
    assert sorted(gallery.rows(LEFT)) == [("committed", 1, None, False), ("open", 1, "transient", False)]


def test_between_two_of_one_provider_there_is_its_own_pause(gallery, host, again, pauses):  # noqa: F811
    gallery.take(*(host.at(f"/{n}.jpg", Said(503), jpeg()) for n in range(3)))
    pauses.clear()

    again()

    assert pauses == [gallery.deps.import_pause("maps")] * 2


def test_what_could_only_be_parked_is_neither_done_nor_failed(gallery, host, again):  # noqa: F811
    gallery.at(StoreName.CLOUDINARY)
    gallery.take(host.at("/a.jpg", Said(503), jpeg()))
    gallery.cloud.fail_on("put", StoreUnavailable(), times=9)

    tally = again()

    assert (tally.attempted, tally.skipped, tally.down) == (0, 1, set())
    assert gallery.rows("SELECT state, parked_key IS NOT NULL FROM uploads") == [("open", True)]


def test_an_import_whose_holder_died_is_due_again(gallery, host, database):  # noqa: F811
    gallery.take(host.at("/a.jpg", Said(503)))
    gallery.rows("UPDATE uploads SET next_retry_at = NULL, lease_until = now() - interval '1 second'")

    assert PostgresRecovery(database).abandon(10)[0] == 1

    parking = PostgresParking(database, stage="test", new_id=gallery.deps.parking._new_id)
    (due,) = parking.claim_due(limit=1, lease_seconds=60, reap_after=60)
    assert (due.parked_name, due.intention.source.provider) == (None, "maps")
