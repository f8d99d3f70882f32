"""What a venue has, as its views and its list tell: of each address the photo, or how its newest upload stands."""

from uuid import uuid4

import pytest

from local import logins
from shared.db.connection import Database
from shared.db.venues import PostgresVenues
from shared.photos import (
    Caller,
    ImageStatus,
    Verdict,
)
from tests.shared.db.venue import GONE, LATER, NOON, A, B, C, Venue


@pytest.fixture
def venue(world, sql_of, database):
    return Venue(world, sql_of, database)


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
