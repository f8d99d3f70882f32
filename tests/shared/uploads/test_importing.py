"""An import that is due again: fetched once more, and then as the first time."""

import pytest

from shared.errors import AppError, StoreUnavailable
from shared.photos import Due, StoreName
from shared.resilience.budget import Budget
from shared.uploads.importing import import_terms, resume
from tests.functions.import_images.conftest import _host, gallery, make, pauses  # noqa: F401 - fixtures
from tests.shared.db.conftest import world  # noqa: F401 - a fixture
from tests.support.client import jpeg
from tests.support.host import Said


@pytest.fixture
def due(gallery):  # noqa: F811
    """The one failed upload of the venue, claimed as the retry worker claims it."""

    def claim(tries=1):
        gallery.rows("UPDATE uploads SET tries = %s WHERE state = 'open'", tries)
        terms = import_terms(gallery.deps.limits)
        _, _, (again,) = gallery.deps.venues.again(gallery.world.member, gallery.venue, None, terms, 1)
        return Due(
            caller=again.caller,
            intention=again.intention,
            attempt=again.attempt,
            lease_token=again.lease_token,
            target_store=again.attempt.store,
            parked_name="",
            parked_version=None,
            tries=again.tries,
            most_tries=again.most_tries,
        )

    return claim


def budget():
    return Budget.seconds(60)


def test_what_is_there_by_now_is_stored(gallery, host, due):  # noqa: F811
    gallery.take(host.at("/a.jpg", Said(503), jpeg()))

    reply = resume(due(), gallery.deps, budget())

    assert reply.status == 201
    assert gallery.uploads() == [("committed", None)]
    assert gallery.photos() == 1


def test_what_fails_once_more_waits_longer(gallery, host, due):  # noqa: F811
    gallery.take(host.at("/a.jpg", Said(503)))

    with pytest.raises(AppError, match="503"):
        resume(due(tries=2), gallery.deps, budget())

    wait = "SELECT state, round(extract(epoch FROM next_retry_at - now()) / 60) FROM uploads"
    assert gallery.rows(wait) == [("open", 15)]


@pytest.mark.parametrize(
    ("status", "tries", "then"),
    [
        (503, 4, ("open", None)),
        (503, 5, ("failed", "max_retries_exceeded")),
        (500, 1, ("open", None)),
        (500, 2, ("failed", "max_retries_exceeded")),
    ],
)
def test_after_the_last_of_its_tries_it_has_failed_for_good(due, gallery, host, status, tries, then):  # noqa: F811, PLR0917
    gallery.take(host.at("/a.jpg", Said(status)))

    with pytest.raises(AppError):
        resume(due(tries), gallery.deps, budget())

    assert gallery.rows("SELECT state, resp_body->>'code' FROM uploads") == [then]


def test_what_was_fetched_is_parked_when_its_store_is_down_by_now(gallery, host, due):  # noqa: F811
    gallery.at(StoreName.CLOUDINARY)
    gallery.take(host.at("/a.jpg", Said(503), jpeg()))
    gallery.cloud.fail_on("put", StoreUnavailable(), times=9)

    reply = resume(due(), gallery.deps, budget())

    assert reply.status == 202
    assert gallery.rows("SELECT state, parked_key IS NOT NULL, tries FROM uploads") == [("open", True, 1)]


def test_on_its_last_try_it_is_not_parked_for_nobody(gallery, host, due):  # noqa: F811
    gallery.at(StoreName.CLOUDINARY)
    gallery.take(host.at("/a.jpg", Said(503), jpeg()))
    gallery.cloud.fail_on("put", StoreUnavailable(), times=9)

    with pytest.raises(StoreUnavailable):
        resume(due(tries=5), gallery.deps, budget())

    assert gallery.uploads() == [("failed", "store_unavailable")]
    assert gallery.s3.held == {}
