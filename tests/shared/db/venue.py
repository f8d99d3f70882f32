"""A venue as tests fill it: images that were claimed, stored and lost."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

from shared.db.venues import PostgresVenues
from shared.photos import (
    Caller,
    Declared,
    Door,
    Intention,
    Loss,
    Reply,
    Source,
    Target,
)
from shared.uploads.facts import target_key

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
