"""What the ledger knows of the addresses of a venue, and what of them it claims again."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.photos import (
    Caller,
    Source,
    UploadState,
    Verdict,
)
from tests.shared.db.conftest import GENEROUS
from tests.shared.db.venue import GONE, LATER, NOON, SPENT, A, B, C, Venue


@pytest.fixture
def venue(world, sql_of, database):
    return Venue(world, sql_of, database)


def test_of_an_address_that_nobody_asked_for_nothing_is_known(venue):
    assert venue.known(A, B) == (Verdict.GO, {})


@pytest.mark.parametrize(
    ("actor", "verdict"),
    [("viewer", Verdict.FORBIDDEN), ("gone", Verdict.STRANGER), ("stranger", Verdict.STRANGER)],
)
def test_who_may_not_put_images_there_learns_nothing(venue, actor, verdict):
    venue.claim(A)
    caller = Caller(actor, venue.world.org)

    assert venue.known(A, caller=caller) == (verdict, {})
    assert venue.again(caller=caller) == (verdict, None, [])


def test_a_venue_of_another_organisation_is_none(venue, sql_of):
    sql_of.execute("UPDATE venues SET org_id = %s WHERE id = %s", (venue.world.other_org, venue.id))

    assert venue.known(A) == (Verdict.NO_TARGET, {})
    assert venue.again() == (Verdict.NO_TARGET, None, [])


def test_a_claim_keeps_where_an_image_comes_from(venue, sql_of):
    claim = venue.claim(A, score=0.75, at=NOON)

    query = "SELECT provider, provider_url, quality_score, fetched_at, size, mime FROM uploads WHERE id = %s"
    assert sql_of.execute(query, (claim.upload_id,)).fetchone() == ("maps", A, 0.75, NOON, None, None)


def test_what_is_known_of_an_address_is_its_newest_upload(venue):
    venue.lose(venue.claim(A), GONE)
    claim = venue.claim(A, "newest")
    venue.lose(claim, LATER)

    _, known = venue.known(A, B)

    assert known.keys() == {A}
    assert (known[A].upload_id, known[A].idem_key, known[A].actor_id) == (claim.upload_id, "newest", "member")
    assert (known[A].state, known[A].failure_type) == (UploadState.OPEN, "service_unavailable")
    assert known[A].photo is None


def test_a_photo_of_an_address_is_known_whatever_failed_after_it(venue):
    claim = venue.claim(A, score=0.5, at=NOON)
    venue.commit(claim)
    venue.lose(venue.claim(A), GONE)

    _, known = venue.known(A)

    assert (known[A].photo.id, known[A].photo.quality_score) == (claim.upload_id, 0.5)
    assert known[A].photo.fetched_at == NOON


def test_the_better_picture_of_an_address_takes_its_place_and_no_other_does(venue):
    old = venue.claim(A, score=0.5, at=NOON)
    venue.commit(old)
    worse, better = venue.claim(A, score=0.4, at=NOON), venue.claim(A, score=0.6, at=NOON)

    venue.commit(better)
    venue.commit(worse)

    assert venue.known(A)[1][A].photo.id == better.upload_id


def test_what_is_forced_takes_the_place_of_what_came_before_it_however_good(venue):
    older = venue.claim(A, force=True)
    good = venue.claim(A, score=0.9, at=NOON + timedelta(days=9_000))
    newer = venue.claim(A, score=0.1, at=NOON, force=True)

    venue.commit(good)
    venue.commit(newer)
    venue.commit(older)

    assert venue.known(A)[1][A].photo.id == newer.upload_id


def test_what_is_not_stored_is_claimed_again_whoever_it_is_of(venue):
    mine, theirs, done, ended = venue.claim(A), venue.claim(B, actor="admin"), venue.claim(C), venue.claim(C)
    venue.lose(mine, LATER)
    venue.lose(theirs, LATER)
    venue.commit(done)
    venue.lose(ended, GONE)

    verdict, tokens, found = venue.again()

    assert (verdict, tokens is not None) == (Verdict.GO, True)
    assert [(a.intention.source.url, a.caller.actor_id, a.attempt.number) for a in found] == [
        (A, "member", 2),
        (B, "admin", 2),
    ]
    assert venue.again()[2] == []


def test_what_somebody_is_at_or_what_is_parked_is_not_claimed_again(venue, sql_of):
    venue.claim(A)
    parked = venue.claim(B)
    venue.lose(parked, LATER)
    sql_of.execute("UPDATE uploads SET parked_key = 'x' WHERE id = %s", (parked.upload_id,))

    assert venue.again() == (Verdict.GO, None, [])


def test_only_the_providers_that_are_named_are_claimed_again(venue):
    venue.lose(venue.claim(A), LATER)
    venue.lose(venue.claim(B, provider="other"), LATER)

    assert [a.intention.source.url for a in venue.again(["other"])[2]] == [B]
    assert [a.intention.source.url for a in venue.again()[2]] == [A]


def test_without_a_rate_token_nothing_is_claimed_again(venue):
    venue.lose(venue.claim(A), LATER)
    stingy = replace(GENEROUS, name="stingy", capacity=1, per_second=0.001)

    granted, _, _ = venue.again(rate=stingy)
    venue.sql.execute("UPDATE uploads SET lease_until = NULL")
    verdict, tokens, found = venue.again(rate=stingy)

    assert (granted, verdict, found) == (Verdict.GO, Verdict.LIMITED, [])
    assert tokens < 1


def test_what_used_up_its_tries_is_known_until_there_is_something_newer(venue):
    venue.lose(venue.claim(A, score=0.5, at=NOON), SPENT)
    venue.lose(venue.claim(B), GONE)
    venue.lose(venue.claim(C), SPENT)
    venue.claim(C)

    assert venue.venues.spent(venue.id, None, 9) == [(Source("maps", A, 0.5, NOON), "a.jpg")]
    assert venue.venues.spent(venue.id, ["other"], 9) == []


def test_what_is_put_off_is_free_and_due_and_its_try_is_condemned(venue, sql_of):
    first, second = venue.claim(A), venue.claim(B)

    venue.venues.put_off(first.lease_token, [first.upload_id, second.upload_id], 0.0)

    rows = "SELECT lease_until, next_retry_at <= now() FROM uploads ORDER BY created_at"
    states = "SELECT state FROM attempts WHERE upload_id = %s"
    assert sql_of.execute(rows).fetchone() == (None, True)
    assert sql_of.execute(states, (first.upload_id,)).fetchall() == [("condemned",)]
    assert sql_of.execute(states, (second.upload_id,)).fetchall() == [("intent",)]


def test_nobody_puts_off_what_is_not_theirs_any_more(venue, sql_of):
    claim = venue.claim(A)
    venue.commit(claim)

    venue.venues.put_off(claim.lease_token, [claim.upload_id], 0.0)

    assert sql_of.execute("SELECT state, next_retry_at FROM uploads").fetchall() == [("committed", None)]
