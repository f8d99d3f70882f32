"""How tests get uploads whose bytes are parked, and all that trying them again needs but a real store."""

from collections import deque
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import psycopg

from shared.db.connection import Database
from shared.db.ledger import PostgresLedger
from shared.db.parking import PostgresParking
from shared.db.recovery import PostgresRecovery
from shared.db.retries import PostgresRetries
from shared.photos import StoredObject, StoreName

if TYPE_CHECKING:
    from tests.shared.db.conftest import World

PARKED = """
WITH made AS (
    INSERT INTO uploads (id, org_id, actor_id, door, idem_key, fingerprint, project_id, store, file_name, size, mime,
                         sha256, details, lease_token, parked_key, next_retry_at, failure_class, failure_type)
    SELECT id, %(org)s, %(actor)s, 'form', %(key)s || n, sha256('f'), %(project)s, %(store)s, 'a.jpg',
           2048, 'image/jpeg', sha256((%(key)s || n)::bytea),
           '{"image": {"mime": "image/jpeg", "width": 4, "height": 3, "exif": {}, "warnings": []}}',
           gen_random_uuid(), format('test/%%s/%%s/1', %(org)s::uuid, id), now() - interval '1 minute',
           'transient', 'store_busy'
      FROM (SELECT gen_random_uuid() AS id, n FROM generate_series(1, %(count)s) n) each
    RETURNING *
)
INSERT INTO attempts (id, upload_id, attempt_no, store, object_name, version, bytes, reap_after)
SELECT gen_random_uuid(), id, 1, 's3', parked_key, 'v1', 2048, now() FROM made
RETURNING upload_id
"""
ENDED: dict[str, Any] = {
    "state": "failed",
    "failure_class": "permanent",
    "next_retry_at": None,
    "finished_at": "now",
    "resp_status": 502,
    "resp_body": '{"code": "max_retries_exceeded", "message": "Max retries exceeded."}',
}


@dataclass
class Parked:
    """One world with parked uploads in it."""

    world: "World"
    sql: psycopg.Connection

    def many(self, count: int, *, org=None, project=None, actor="member", store="cloudinary") -> list[UUID]:
        """Due since a minute ago, each with bytes of its own."""
        given = {"org": org or self.world.org, "project": project or self.world.project, "actor": actor}
        more = {"count": count, "key": uuid4().hex, "store": store}
        return [found for (found,) in self.sql.execute(PARKED, given | more).fetchall()]

    def one(self, *, org=None, project=None, actor="member", store="cloudinary", **columns) -> UUID:
        (upload_id,) = self.many(1, org=org, project=project, actor=actor, store=store)
        self.set(upload_id, **columns)
        return upload_id

    def ended(self, **columns) -> UUID:
        """It failed for good, and its bytes are kept for a person."""
        return self.one(**(ENDED | columns))

    def set(self, upload_id: UUID, **columns) -> None:
        if columns:
            sets = ", ".join(f"{name} = %({name})s" for name in columns)
            self.sql.execute(f"UPDATE uploads SET {sets} WHERE id = %(id)s", {**columns, "id": upload_id})

    def row(self, upload_id: UUID, *columns: str) -> Any:
        found = self.sql.execute(f"SELECT {', '.join(columns)} FROM uploads WHERE id = %s", (upload_id,)).fetchone()
        return found[0] if len(columns) == 1 else found

    def states(self) -> dict[str, int]:
        return dict(self.sql.execute("SELECT state, count(*) FROM uploads GROUP BY 1").fetchall())


@dataclass
class FakeStore:
    """Takes everything, unless it is told what goes wrong; a later failure comes after all that precede it."""

    name: StoreName
    failures: deque[Exception | None] = field(default_factory=deque)
    always: Exception | None = None
    puts: list[str] = field(default_factory=list)

    def put(self, name, asset, budget, known=None) -> StoredObject:
        self.puts.append(name)
        error = self.failures.popleft() if self.failures else self.always
        if error:
            raise error
        return StoredObject(self.name, name, asset.size, asset.mime, asset.sha256, version="v1")

    def delete(self, name: str) -> bool:
        return True


class FakeDeps:
    """A container of the worker: a connection of its own, and stores and queues that only remember."""

    public_url = ""

    def __init__(self, url: str, stores: "dict[StoreName, FakeStore] | None" = None) -> None:
        self.database = Database(url)
        self.ledger = PostgresLedger(self.database, stage="test", new_id=uuid4)
        self.parking = PostgresParking(self.database, stage="test", new_id=uuid4)
        self.recovery, self.retries = PostgresRecovery(self.database), PostgresRetries(self.database)
        self.stores = stores or {name: FakeStore(name) for name in StoreName}
        self.direct_store = SimpleNamespace(signed_get=_signed_get, canonical=lambda name: f"s3://{name}")
        self.limits = SimpleNamespace(retry_delay_ms=200)
        self.bell = SimpleNamespace(ring=lambda: None)
        self.alarm = Alarm()
        self.pauses: list[float] = []
        self.sleep = self.pauses.append

    def store(self, name: StoreName) -> FakeStore:
        return self.stores[name]

    def act_for(self, org_id: UUID | None) -> None:
        self.database.acting_for = org_id


@dataclass
class Alarm:
    """Who was to be woken, and when."""

    later: list[tuple[UUID, float]] = field(default_factory=list)
    now: list[list[UUID]] = field(default_factory=list)

    def ring_at(self, upload_id: UUID, seconds: float) -> None:
        self.later.append((upload_id, seconds))

    def ring_for(self, upload_ids) -> None:
        self.now.append(list(upload_ids))


def _signed_get(name: str, expires: int, *, version: str | None = None) -> str:
    return f"https://bucket.example/{name}?versionId={version}"
