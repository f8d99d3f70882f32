"""How tests get an organisation in which not all goes well: uploads, photos and venues in every state."""

from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg.types.json import Jsonb

NUMBERS = count(1)
REPLY = {"resp_status": 200, "resp_body": Jsonb({"code": "x"})}
IMAGES = "https://images.example"


@dataclass
class Troubled:
    """One organisation with an admin and a member, a project and as many venues as it takes."""

    sql: psycopg.Connection
    org: UUID = field(default_factory=uuid4)
    project: UUID = field(default_factory=uuid4)

    def __post_init__(self) -> None:
        self._insert("organizations", id=self.org, name="Org")
        self._insert("projects", id=self.project, org_id=self.org, name="P")
        for role in ("admin", "member", "viewer", "service"):
            self._insert("memberships", org_id=self.org, actor_id=role, role=role)

    def venue(self, name: str) -> UUID:
        venue = uuid4()
        self._insert("venues", id=venue, org_id=self.org, name=name)
        return venue

    def open(self, **columns: Any) -> UUID:
        """An upload that is not finished."""
        upload, number = uuid4(), next(NUMBERS)
        target = {} if "venue_id" in columns else {"project_id": self.project}
        given = {
            "id": upload,
            "org_id": self.org,
            "actor_id": "member",
            "door": "form",
            "idem_key": f"k{number}",
            "fingerprint": bytes(32),
            "store": "s3",
            "file_name": "a.jpg",
            "size": 9,
            "mime": "image/jpeg",
            "lease_token": uuid4(),
        }
        self._insert("uploads", **given | target | columns)
        return upload

    def failed(self, failure_type: str = "not_found", **columns: Any) -> UUID:
        """An upload that failed for good."""
        ended = {"state": "failed", "failure_class": "permanent", "finished_at": "now"}
        return self.open(**ended | REPLY | {"failure_type": failure_type} | columns)

    def stored(self, **columns: Any) -> UUID:
        """An upload with its photo."""
        upload = self.open(**columns)
        attempt, number = uuid4(), next(NUMBERS)
        self._insert(
            "attempts",
            id=attempt,
            upload_id=upload,
            attempt_no=1,
            store="s3",
            object_name=f"test/{self.org}/{upload}/1",
            state="committed",
            bytes=9,
            committed_at="now",
            reap_after="now",
        )
        shown = ("venue_id", "provider", "provider_url")
        project = None if "venue_id" in columns else self.project
        facts = {name: columns[name] for name in shown if name in columns} | {"project_id": project}
        where = {
            "id": upload,
            "org_id": self.org,
            "attempt_id": attempt,
            "actor_id": columns.get("actor_id", "member"),
        }
        looks = {
            "file_name": "a.jpg",
            "bytes": 9,
            "mime": "image/jpeg",
            "width": 1,
            "height": 1,
            "upload_seq": number,
        }
        self._insert("photos", **where, **looks, **facts)
        self.set(upload, state="committed", photo_id=upload, finished_at="now", **REPLY)
        return upload

    def image(self, venue: UUID, how: str, provider: str = "google", **columns: Any) -> UUID:
        """An image that was imported, or was to be: `stored`, `failed` for good, or `open`."""
        url = f"{IMAGES}/{next(NUMBERS)}"
        source = {"door": "import", "venue_id": venue, "provider": provider, "provider_url": url}
        return getattr(self, how)(**source | columns)

    def set(self, upload: UUID, **columns: Any) -> None:
        sets = ", ".join(f"{name} = %({name})s" for name in columns)
        self.sql.execute(f"UPDATE uploads SET {sets} WHERE id = %(id)s", {**columns, "id": upload})

    def ago(self, table: str, column: str, interval: str, of: UUID) -> None:
        """Move a time of one row into the past."""
        self.sql.execute(f"UPDATE {table} SET {column} = now() - %s::interval WHERE id = %s", (interval, of))

    def run(self, source: str, attempted: int, success: int, **columns: Any) -> None:
        """A run over failed uploads."""
        counts = {"attempted": attempted, "success": success, "failed": attempted - success}
        self._insert("retry_logs", **{"org_id": self.org} | {"source": source} | counts | columns)

    def news(self, **columns: Any) -> None:
        self._insert("outbox", **{"org_id": self.org, "topic": "photo.committed", "payload": Jsonb({})} | columns)

    def delivery(self, **columns: Any) -> UUID:
        """One event on its way to a webhook of its own."""
        hook = uuid4()
        self._insert("webhooks", id=hook, org_id=self.org, url="https://hooks.example/", secret="whsec_x")
        given = {"org_id": self.org, "webhook_id": hook, "event_id": uuid4(), "topic": "t", "payload": Jsonb({})}
        self._insert("deliveries", **given | columns)
        return hook

    def finding(self, audit: UUID, kind: str, name: str, **columns: Any) -> None:
        given = {"audit_id": audit, "kind": kind, "store": "s3", "object_name": name}
        self._insert("audit_findings", **given | columns)

    def audit(self, state: str = "done", stopped: str | None = None, **columns: Any) -> UUID:
        audit = uuid4()
        ended = {} if state == "running" else {"ended_at": "now"}
        given = {"id": audit, "source": "schedule", "state": state, "stopped": stopped}
        self._insert("audits", **given | ended | columns)
        return audit

    def _insert(self, table: str, **columns: Any) -> None:
        names, places = ", ".join(columns), ", ".join(f"%({name})s" for name in columns)
        self.sql.execute(f"INSERT INTO {table} ({names}) VALUES ({places})", columns)
