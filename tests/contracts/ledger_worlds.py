"""The same small organisation twice: over the ledger in memory, and over the one in Postgres."""

from dataclasses import dataclass, field
from typing import Any, LiteralString, Protocol
from uuid import UUID, uuid4

import psycopg
from psycopg.rows import dict_row

from shared.db.connection import Database
from shared.db.ledger import PostgresLedger
from shared.db.outbox import PostgresOutbox
from shared.db.parking import PostgresParking
from shared.db.photos import PhotoReader
from shared.db.recovery import PostgresRecovery
from shared.deps.news import Outbox
from shared.deps.recovery import Parking, Recovery
from shared.deps.uploads import Ledger, Photos
from shared.photos import Caller, Role, Target
from tests.crash.simulation.rules import Rules
from tests.crash.simulation.tables import UploadRow
from tests.crash.simulation.world import IN_CLOUDINARY, IN_S3, ORG, STOP, World

VIEWER, STRANGER = Caller("viewer", ORG), Caller("stranger", ORG)
NOWHERE = Target(project_id=UUID(int=99))

ORGANISATION = """
INSERT INTO organizations (id, name, store) VALUES (%(org)s, 'Org', 'cloudinary');
INSERT INTO memberships (org_id, actor_id, role) VALUES (%(org)s, 'member', 'member'), (%(org)s, 'viewer', 'viewer');
INSERT INTO projects (id, org_id, name, store) VALUES (%(s3)s, %(org)s, 'S', 's3'), (%(cl)s, %(org)s, 'C', NULL);
INSERT INTO hunts (id, org_id, name) VALUES (%(team)s, %(org)s, 'Hunt');
INSERT INTO teams (id, org_id, hunt_id, name) VALUES (%(team)s, %(org)s, %(team)s, 'Team');
INSERT INTO locations (id, org_id, hunt_id, title) VALUES (%(stop)s, %(org)s, %(team)s, 'Stop')
"""
# Nobody can turn the database's clock: so everything that it compares with it is moved the other way.
LATER: tuple[LiteralString, ...] = (
    "UPDATE uploads SET lease_until = lease_until - %(by)s, next_retry_at = next_retry_at - %(by)s",
    "UPDATE attempts SET reap_after = reap_after - %(by)s, next_look_at = next_look_at - %(by)s",
    "UPDATE attempts SET absent_at = absent_at - %(by)s",
    "UPDATE rate_buckets SET refilled_at = refilled_at - %(by)s",
    "UPDATE outbox SET available_at = available_at - %(by)s",
)
UPLOADS = """
SELECT u.door || ':' || u.idem_key AS key, u.state, u.attempt_no, u.tries, u.failure_class, u.failure_type,
       round(extract(epoch FROM u.lease_until - now()))::int AS lease,
       round(extract(epoch FROM u.next_retry_at - now()))::int AS retry,
       substring(u.parked_key from '[0-9]+$')::int AS parked, u.resp_status AS status,
       p.door || ':' || p.idem_key AS photo_of, f.attempt_id IS NOT NULL AS photo_is_live
  FROM uploads u LEFT JOIN uploads p ON p.id = u.photo_id LEFT JOIN photos f ON f.id = u.photo_id
"""
ATTEMPTS = """
SELECT u.door || ':' || u.idem_key || '/' || a.attempt_no AS key, a.state, a.store, a.version,
       a.delete_tries AS deletes, encode(a.sha256, 'hex') AS sha256,
       round(extract(epoch FROM a.reap_after - now()))::int AS reap,
       round(extract(epoch FROM a.next_look_at - now()))::int AS look,
       round(extract(epoch FROM now() - a.absent_at))::int AS absent
  FROM attempts a JOIN uploads u ON u.id = a.upload_id
"""
NEWS = """
SELECT 'news ' || id AS key, tries, published_at IS NOT NULL AS published,
       dead_at IS NOT NULL AS dead, round(extract(epoch FROM available_at - now()))::int AS due
  FROM outbox
"""
Rows = dict[str, dict[str, Any]]


class Parts(Protocol):
    """One ledger with all that belongs to it, and a clock that can be turned."""

    name: str

    @property
    def ledger(self) -> Ledger: ...
    @property
    def parking(self) -> Parking: ...
    @property
    def recovery(self) -> Recovery: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def photos(self) -> Photos: ...
    def pass_time(self, seconds: float) -> None: ...
    def uploads(self) -> Rows: ...
    def attempts(self) -> Rows: ...
    def news(self) -> Rows: ...


class MemoryParts:
    """What the simulation runs on, as the product is built today."""

    name = "memory"

    def __init__(self, rules: Rules | None = None) -> None:
        self._world = World(0, rules or Rules(), watches=False)
        self._world.scheduler.is_straight = True
        self._world.tenants.members[ORG, VIEWER.actor_id] = Role.VIEWER
        deps = self._world.deps
        self.ledger, self.parking, self.recovery = deps.ledger, deps.parking, deps.recovery
        self.outbox, self.photos = deps.outbox, deps.photos

    def pass_time(self, seconds: float) -> None:
        # A real clock has always gone a little further.
        self._world.scheduler.now += seconds + 1 / 1024

    def uploads(self) -> Rows:
        return {_key(row): self._upload(row) for row in self._world.tables.uploads.values()}

    def attempts(self) -> Rows:
        now = self._world.clock()
        return {
            f"{_key(row.upload)}/{row.number}": {
                "state": row.state,
                "store": row.store,
                "version": row.version,
                "deletes": row.delete_tries,
                "sha256": row.sha256,
                "reap": round(row.reap_after - now),
                "look": _whole(row.next_look_at, now),
                "absent": None if row.absent_at is None else round(now - row.absent_at),
            }
            for row in self._world.tables.attempts.values()
        }

    def news(self) -> Rows:
        now = self._world.clock()
        return {
            f"news {r.id}": {
                "tries": r.tries,
                "published": r.published,
                "dead": r.dead,
                "due": round(r.available_at - now),
            }
            for r in self._world.tables.outbox.values()
        }

    def _upload(self, row: UploadRow) -> dict[str, Any]:
        now, tables = self._world.clock(), self._world.tables
        failure = row.failure or (None, None, None)
        photo = tables.photos.get(row.photo_id) if row.photo_id else None
        return {
            "state": row.state,
            "attempt_no": row.attempt_no,
            "tries": row.tries,
            "failure_class": failure[0],
            "failure_type": failure[1],
            "lease": _whole(row.lease_until, now),
            "retry": _whole(row.next_retry_at, now),
            "parked": int(row.parked_key.rpartition("/")[2]) if row.parked_key else None,
            "status": row.reply.status if row.reply else None,
            "photo_of": _key(tables.uploads[row.photo_id]) if row.photo_id else None,
            "photo_is_live": photo is not None and photo.is_live,
        }


def _whole(at: float | None, now: float) -> int | None:
    return None if at is None else round(at - now)


def _key(row: UploadRow) -> str:
    return f"{row.door}:{row.idem_key}"


@dataclass
class PostgresParts:
    """What the product runs on."""

    database: Database
    sql: psycopg.Connection
    name: str = "postgres"
    ledger: Ledger = field(init=False)

    def __post_init__(self) -> None:
        ids = {"org": ORG, "s3": IN_S3.project_id, "cl": IN_CLOUDINARY.project_id}
        for statement in ORGANISATION.split(";"):
            self.sql.execute(statement, ids | {"team": STOP.team_id, "stop": STOP.location_id})
        self.ledger = PostgresLedger(self.database, stage="sim", new_id=uuid4)
        self.parking = PostgresParking(self.database, stage="sim", new_id=uuid4)
        self.recovery, self.outbox = PostgresRecovery(self.database), PostgresOutbox(self.database)
        self.photos = PhotoReader(self.database)

    def pass_time(self, seconds: float) -> None:
        with self.sql.transaction():
            for statement in LATER:
                self.sql.execute(statement.replace("%(by)s", "make_interval(secs => %(by)s)"), {"by": seconds})

    def uploads(self) -> Rows:
        return {row.pop("key"): row for row in self._rows(UPLOADS)}

    def attempts(self) -> Rows:
        return {row.pop("key"): row for row in self._rows(ATTEMPTS)}

    def news(self) -> Rows:
        return {row.pop("key"): row for row in self._rows(NEWS)}

    def _rows(self, statement: LiteralString) -> list[dict[str, Any]]:
        with self.sql.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(statement).fetchall()
