"""Webhooks of real organisations in a real database, and receivers that a courier may ask."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import psycopg
import pytest

from shared.bootstrap import LiveDeps
from shared.fetch.client import Fetcher
from shared.hooks.deliver import Carried, deliver_due
from shared.hooks.sign import new_secret
from shared.photos import Caller
from shared.resilience.budget import Budget
from tests.shared.hooks.receiver import Receiver, receiver


class Bell:
    """Counts how often it was rung."""

    rung = 0

    def ring(self) -> None:
        self.rung += 1


@dataclass
class House:
    """An organisation with webhooks, and as many couriers as a test wants."""

    url: str
    sql: psycopg.Connection
    places: list[str] = field(default_factory=list)
    org: UUID = field(default_factory=uuid4)
    secret: str = field(default_factory=new_secret)
    bell: Bell = field(default_factory=Bell)
    opened: list[LiveDeps] = field(default_factory=list)

    @property
    def admin(self) -> Caller:
        return Caller("admin", self.org)

    def deps(self) -> LiveDeps:
        """The parts of a container of its own, which loses no time on refusals."""
        made = LiveDeps({"DATABASE_URL": self.url}, ("courier", "webhooks", "deliveries", "vet"))
        vars(made)["fetcher"] = Fetcher(floor=0, allow_private=frozenset(self.places))
        vars(made)["courier_bell"] = self.bell
        self.opened.append(made)
        return made

    def organisation(self, org: UUID | None = None) -> UUID:
        found = org or uuid4()
        self.sql.execute("INSERT INTO organizations (id, name) VALUES (%s, 'o')", (found,))
        self.sql.execute("INSERT INTO memberships VALUES (%s, 'admin', 'admin')", (found,))
        return found

    def hook(self, url: str, *topics: str, org: UUID | None = None, secret: str = "") -> UUID:
        made = uuid4()
        self.sql.execute(
            "INSERT INTO webhooks (id, org_id, url, secret, topics) VALUES (%s, %s, %s, %s, %s)",
            (made, org or self.org, url, secret or self.secret, list(topics)),
        )
        return made

    def happen(
        self, topic: str = "photo.committed", count: int = 1, org: UUID | None = None, **payload
    ) -> list[UUID]:
        """Something that must be told: the ids of the events."""
        rows = self.sql.execute(
            "INSERT INTO outbox (org_id, topic, payload) SELECT %s, %s, %s FROM generate_series(1, %s)"
            " RETURNING event_id",
            (org or self.org, topic, json.dumps(payload or {"photo_id": "p"}), count),
        )
        return [event_id for (event_id,) in rows.fetchall()]

    def carry(self, seconds: float = 60, **options) -> Carried:
        return deliver_due(self.deps(), Budget.seconds(seconds), **options)

    def time_passes(self) -> None:
        """Until whatever is due is due, and nobody rests any more."""
        self.sql.execute("UPDATE deliveries SET due_at = now() WHERE state = 'due'")
        self.sql.execute("UPDATE webhooks SET resume_at = NULL")

    def rows(self, columns: str, table: str = "deliveries") -> list[tuple]:
        return self.sql.execute(f"SELECT {columns} FROM {table} ORDER BY created_at, id").fetchall()


@pytest.fixture
def house(database_url, sql_of) -> Iterator[House]:
    made = House(database_url, sql_of)
    made.organisation(made.org)
    yield made
    for deps in made.opened:
        if "_database" in vars(deps):
            vars(deps)["_database"].close()


@pytest.fixture
def listen(house) -> Iterator[Callable[[], Receiver]]:
    """Start a receiver that the operator lets us deliver to."""
    with ExitStack() as stack:

        def start() -> Receiver:
            heard = stack.enter_context(receiver())
            house.places.append(heard.place)
            return heard

        yield start
