"""An organisation with everything a claim can aim at."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import psycopg
import pytest

from shared.db.connection import Database, Question
from shared.db.ledger import PostgresLedger
from shared.db.retention import PostgresRetention
from shared.photos import (
    Caller,
    Claim,
    Commit,
    Declared,
    Door,
    ImageFacts,
    Intention,
    RatePolicy,
    Reply,
    StoredObject,
    StoreName,
    Target,
    Terms,
)
from shared.uploads.retention import ABANDONED, BATCH
from tests.shared.db.stored import Stored
from tests.shared.uploads.parked import Parked
from tests.support.roles import api_url, worker_url

GENEROUS = RatePolicy("test", 10_000, 1_000.0)
SHA = "ab" * 32


@dataclass
class World:
    """One organisation, its people and its targets, and a ledger to upload to."""

    ledger: PostgresLedger
    url: str
    org: UUID = field(default_factory=uuid4)
    project: UUID = field(default_factory=uuid4)
    team: UUID = field(default_factory=uuid4)
    stop: UUID = field(default_factory=uuid4)
    other_org: UUID = field(default_factory=uuid4)
    other_project: UUID = field(default_factory=uuid4)
    opened: list[Database] = field(default_factory=list)

    def ledgers(self, count: int) -> list[PostgresLedger]:
        """Ledgers of other containers, each with a connection of its own."""
        made = [Database(self.url) for _ in range(count)]
        self.opened += made
        for database in made:
            database.ask(Question("SELECT 1", {}))
        return [PostgresLedger(database, stage="test", new_id=uuid4) for database in made]

    @property
    def member(self) -> Caller:
        return Caller("member", self.org)

    @property
    def admin(self) -> Caller:
        return Caller("admin", self.org)

    @property
    def to_project(self) -> Target:
        return Target(project_id=self.project)

    @property
    def to_stop(self) -> Target:
        return Target(team_id=self.team, location_id=self.stop)

    def terms(self, **changes) -> Terms:
        given = {"rate": GENEROUS, "lease_seconds": 60, "reap_after_seconds": 3600, "exclusive": True} | changes
        return Terms(**given)

    def intention(self, key="k", target=None, sha256=SHA, door=Door.FORM, name="a.jpg") -> Intention:
        return Intention(door, key, target or self.to_project, Declared(name, 2048, "image/jpeg", sha256))

    def claim(self, key="k", caller=None, ledger=None, **changes) -> Claim:
        of_terms = {k: changes.pop(k) for k in ("rate", "lease_seconds", "exclusive", "first_store") if k in changes}
        intention = self.intention(key, **changes)
        (claim,) = (ledger or self.ledger).claim(caller or self.member, [intention], self.terms(**of_terms))
        return claim

    def commit_of(self, claim: Claim, sha256=SHA, target=None) -> Commit:
        assert claim.attempt
        aim = target or self.to_project
        key = f"stop:{aim.team_id}:{aim.location_id}" if aim.team_id else f"bytes:{aim.project_id}:{sha256}"
        return Commit(
            attempt=claim.attempt,
            target_key=key,
            stored=StoredObject(StoreName.S3, claim.attempt.object_name, 2048, "image/jpeg", sha256, version="v1"),
            image=ImageFacts("image/jpeg", 40, 30, {"iso": 100}),
            reply=Reply(201, {"store": "s3", "object_name": claim.attempt.object_name, "status": "uploaded"}),
            photo_url="s3://there",
        )


@pytest.fixture
def world(database: Database, sql_of: psycopg.Connection, database_url: str) -> Iterator[World]:
    made = World(PostgresLedger(database, stage="test", new_id=uuid4), database_url)
    for org, project in ((made.org, made.project), (made.other_org, made.other_project)):
        sql_of.execute("INSERT INTO organizations (id, name) VALUES (%s, 'Org')", (org,))
        sql_of.execute("INSERT INTO projects (id, org_id, name) VALUES (%s, %s, 'P')", (project, org))
    people = [("member", "member"), ("viewer", "viewer"), ("admin", "admin"), ("gone", "member")]
    for actor, role in people:
        sql_of.execute("INSERT INTO memberships VALUES (%s, %s, %s)", (made.org, actor, role))
    sql_of.execute("UPDATE memberships SET revoked_at = now() WHERE actor_id = 'gone'")
    sql_of.execute("INSERT INTO memberships VALUES (%s, 'stranger', 'member')", (made.other_org,))
    hunt = uuid4()
    sql_of.execute("INSERT INTO hunts (id, org_id, name) VALUES (%s, %s, 'Hunt')", (hunt, made.org))
    sql_of.execute(
        "INSERT INTO teams (id, org_id, hunt_id, name) VALUES (%s, %s, %s, 'Team')", (made.team, made.org, hunt)
    )
    sql_of.execute(
        "INSERT INTO locations (id, org_id, hunt_id, title) VALUES (%s, %s, %s, 'Stop')", (made.stop, made.org, hunt)
    )
    yield made
    for other in made.opened:
        other.close()


@pytest.fixture
def stored(world: World, sql_of: psycopg.Connection) -> Stored:
    return Stored(world, sql_of)


@pytest.fixture
def parked(world: World, sql_of: psycopg.Connection) -> Parked:
    return Parked(world, sql_of)


@pytest.fixture
def as_api(world: World) -> Iterator[Database]:
    """As the API asks: in a role that sees the caller's organisation and nothing else."""
    database = Database(api_url(world.url))
    database.acting_for = world.org
    yield database
    database.close()


@pytest.fixture
def sweep(database_url: str) -> Iterator[Callable[..., tuple[int, str]]]:
    """One batch of one rule of retention, as the audit's own login."""
    database = Database(worker_url(database_url))
    retention = PostgresRetention(database)
    yield lambda rule, limit=BATCH, after="": retention.sweep(rule, limit, after, ABANDONED)
    database.close()
