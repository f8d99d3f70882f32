"""What the ledger knows of a venue's images: from which address, how far, and what is to be fetched again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from local import logins
from shared.db.connection import Database
from shared.db.venues import PostgresVenues
from shared.photos import (
    Caller,
    Declared,
    Door,
    ImageStatus,
    Intention,
    Loss,
    Reply,
    Source,
    Target,
    UploadState,
    Verdict,
)
from shared.uploads.facts import target_key
from tests.shared.db.conftest import GENEROUS

A, B, C = (f"https://photos.example/{name}.jpg" for name in "abc")
NOON = datetime(2026, 5, 17, 12, tzinfo=UTC)
GONE = Loss("permanent", "not_found", "The host answered 404.", Reply(422, {"code": "x", "message": "m"}))
LATER = Loss("transient", "service_unavailable", "The host answered 503.", retry_in=60.0)
SPENT = Loss("permanent", "bad_gateway", "Max retries", Reply(502, {"code": "max_retries_exceeded", "message": "m"}))


class Venue:
    """A venue of the test's organisation, and what a test does to it."""

    def __init__(self, world, sql, database):
        self.world, self.sql, self.id = world, sql, uuid4()
        sql.execute("INSERT INTO venues (id, org_id, name) VALUES (%s, %s, 'Cafe')", (self.id, world.org))
        self.venues = PostgresVenues(database, stage="test", new_id=uuid4)

    def claim(self, url, key=None, *, actor="member", provider="maps", score=None, at=None, **details):
        source = Source(provider, url, score, at)
        target, declared = Target(venue_id=self.id), Declared("a.jpg", None, "")
        intention = Intention(Door.IMPORT, key or f"{url} {uuid4()}", target, declared, details, source)
        (claim,) = self.world.ledger.claim(Caller(actor, self.world.org), [intention], self.world.terms())
        return claim

    def commit(self, claim, url=A):
        commit = replace(
            self.world.commit_of(claim, sha256=uuid4().hex * 2),
            target_key=target_key(Target(venue_id=self.id), None, url),
        )
        return self.world.ledger.commit(commit)

    def lose(self, claim, loss):
        self.world.ledger.condemn(claim.attempt.id, loss)

    def known(self, *urls, caller=None):
        return self.venues.known(caller or self.world.member, self.id, urls)

    def again(self, providers=None, *, caller=None, limit=50, **terms):
        return self.venues.again(caller or self.world.member, self.id, providers, self.world.terms(**terms), limit)

    def images(self):
        """The view of this venue: what is there of each address."""
        ((found,),) = self.sql.execute("SELECT images FROM venue_images WHERE venue_id = %s", (self.id,)).fetchall()
        return found

    def statuses(self):
        return {image.get("provider_url"): image["upload_status"] for image in self.images()}


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


def test_a_success_hides_the_failures_of_its_address_and_of_no_other(venue):
    venue.lose(venue.claim(A), GONE)
    venue.commit(venue.claim(A))
    venue.lose(venue.claim(A), LATER)
    venue.lose(venue.claim(B), GONE)
    venue.lose(venue.claim(C), LATER)

    assert venue.statuses() == {A: "uploaded", B: "permanently_failed", C: "failed"}


def test_the_newest_of_several_failures_is_the_one_that_shows(venue):
    venue.lose(venue.claim(A), GONE)
    venue.claim(A)

    assert venue.statuses() == {A: "pending"}


def test_a_failure_says_what_of_which_kind_and_when_it_is_tried_again(venue):
    venue.lose(venue.claim(A, score=0.25, at=NOON), LATER)

    (image,) = venue.images()

    assert image["error_details"].pop("next_retry_at").endswith("Z")
    assert image["error_details"] == {
        "error_type": "service_unavailable",
        "class": "transient",
        "detail": "The host answered 503.",
        "tries": 0,
    }
    assert (image["provider"], image["quality_score"]) == ("maps", 0.25)
    assert image["fetched_at"] == "2026-05-17T12:00:00.000000Z"


def test_a_deleted_photo_is_no_image_of_the_venue_nor_is_what_failed_before_it(venue, sql_of):
    venue.lose(venue.claim(A), GONE)
    claim = venue.claim(A)
    venue.commit(claim)
    sql_of.execute("UPDATE photos SET attempt_id = NULL, deleted_at = now() WHERE id = %s", (claim.upload_id,))

    assert venue.images() == []
    assert venue.known(A)[1][A].photo is None


def test_a_venue_without_images_is_there_with_none(venue):
    assert venue.images() == []


def test_failed_images_are_found_by_containment(venue, sql_of):
    venue.lose(venue.claim(A), GONE)
    query = "SELECT venue_id FROM venue_images WHERE images @> %s"

    hit = sql_of.execute(query, ('[{"upload_status": "permanently_failed"}]',)).fetchall()
    missed = sql_of.execute(query, ('[{"upload_status": "uploaded"}]',)).fetchall()

    assert (hit, missed) == ([(venue.id,)], [])


def test_the_views_show_an_organisation_its_own_venues_alone(venue, database_url):
    venue.claim(A)
    logins.create(database_url)
    api = Database(logins.url_of(database_url, logins.API))
    venues = PostgresVenues(api, stage="test", new_id=uuid4)

    found = []
    for org in (venue.world.org, venue.world.other_org):
        api.acting_for = org
        found.append(len(venues.page(venue.world.member, venue.id, status=None, after=None, limit=9)[1]))
    api.close()

    assert found == [1, 0]


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


def test_a_page_is_newest_first_and_goes_on_where_the_one_before_ended(venue):
    made = [venue.claim(url).upload_id for url in (A, B, C)]

    _, first = venue.venues.page(Caller("viewer", venue.world.org), venue.id, status=None, after=None, limit=2)
    after = (first[-1].created_at, first[-1].upload_id)
    _, second = venue.venues.page(venue.world.member, venue.id, status=None, after=after, limit=2)

    assert [image.upload_id for image in [*first, *second]] == made[::-1]


def test_a_page_can_be_of_one_status(venue):
    venue.claim(A)
    venue.lose(venue.claim(B), LATER)

    _, found = venue.venues.page(venue.world.member, venue.id, status=ImageStatus.FAILED, after=None, limit=9)

    assert [image.source.url for image in found] == [B]


@pytest.mark.parametrize("actor", ["gone", "stranger"])
def test_who_is_no_member_sees_no_image(venue, actor):
    venue.claim(A)

    caller = Caller(actor, venue.world.org)

    assert venue.venues.page(caller, venue.id, status=None, after=None, limit=9) == (Verdict.STRANGER, [])
