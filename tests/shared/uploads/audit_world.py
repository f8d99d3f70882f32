"""A deployment to audit: an S3, a Cloudinary and a ledger, and whatever is amiss between them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg

from local.aws import Aws
from shared.bootstrap import LiveDeps
from shared.db.audit_records import Audit, AuditSource
from shared.photos import StoreName
from shared.resilience.budget import Budget
from shared.uploads.audit import run_audit, start_audit
from shared.uploads.audit_report import summary
from tests.support.assets import asset_of
from tests.support.client import jpeg
from tests.support.cloudinary import Double

STAGE = "test"
BUCKET = "photos"

# One upload for each row; what became of it follows from the state of its attempt.
SEED = """
WITH drawn AS (
    SELECT * FROM unnest(%(ids)s::uuid[], %(names)s::text[], %(versions)s::text[], %(states)s::text[])
                  AS d (id, name, version, state)
), made AS (
    INSERT INTO uploads (id, org_id, actor_id, door, idem_key, fingerprint, project_id, store, file_name, size, mime,
                         state, photo_id, resp_status, resp_body, finished_at, lease_token)
    SELECT d.id, %(org)s, 'a', 'form', d.id::text, sha256(d.name::bytea), %(project)s, %(store)s, 'f', 5,
           'image/jpeg', CASE WHEN done THEN 'committed' ELSE 'open' END, CASE WHEN done THEN d.id END,
           CASE WHEN done THEN 201 END, CASE WHEN done THEN '{}'::json END, CASE WHEN done THEN now() END,
           gen_random_uuid()
      FROM drawn d CROSS JOIN LATERAL (SELECT d.state = 'committed' AS done) f
), tried AS (
    INSERT INTO attempts (id, upload_id, attempt_no, store, object_name, state, bytes, version, committed_at,
                          condemned_at, next_look_at, reap_after)
    SELECT gen_random_uuid(), d.id, 1, %(store)s, d.name, d.state, 5, d.version, now(),
           CASE WHEN d.state IN ('condemned', 'reaped') THEN now() END, CASE d.state WHEN 'condemned' THEN now() END,
           now() + interval '1 hour'
      FROM drawn d
    RETURNING id, upload_id, state
)
INSERT INTO photos (id, org_id, actor_id, project_id, attempt_id, upload_seq, file_name, bytes, sha256, mime, width,
                    height)
SELECT t.upload_id, %(org)s, 'a', %(project)s, t.id, 1, 'f', 5, sha256(t.upload_id::text::bytea), 'image/jpeg', 1, 1
  FROM tried t WHERE t.state = 'committed'
"""


@dataclass
class World:
    """One deployment, seen from behind."""

    deps: LiveDeps
    aws: Aws
    cloud: Double
    sql: psycopg.Connection
    org: UUID = field(default_factory=uuid4)
    project: UUID = field(default_factory=uuid4)

    def __post_init__(self) -> None:
        self.sql.execute("INSERT INTO organizations (id, name) VALUES (%s, 'O')", (self.org,))
        self.sql.execute("INSERT INTO projects (id, org_id, name) VALUES (%s, %s, 'P')", (self.project, self.org))

    @property
    def s3(self) -> Any:
        return self.aws.client("s3")

    def name(self, upload_id: UUID | None = None) -> str:
        return f"{STAGE}/{self.org}/{upload_id or uuid4()}/1"

    def put(self, name: str, body: bytes = b"bytes") -> str:
        """Bytes in S3, whatever the ledger says."""
        return self.s3.put_object(Bucket=BUCKET, Key=name, Body=body)["VersionId"]

    def row(self, state: str, version: str | None = None, *, store: str = "s3", upload_id: UUID | None = None) -> str:
        """An attempt in the ledger, whatever the stores hold."""
        upload_id = upload_id or uuid4()
        name = self.name(upload_id)
        self.rows([upload_id], [name], [version], [state], store=store)
        return name

    def rows(self, ids: Sequence[UUID], names: list[str], versions, states: list[str], *, store: str = "s3") -> None:
        given = {"ids": list(ids), "names": names, "versions": list(versions), "states": states}
        self.sql.execute(SEED, given | {"org": self.org, "project": self.project, "store": store})

    def photo(self) -> str:
        """A photo as it should be."""
        upload_id = uuid4()
        return self.row("committed", self.put(self.name(upload_id)), upload_id=upload_id)

    def asset(self, name: str) -> str:
        """An asset at Cloudinary, whatever the ledger says."""
        self.deps.listed_stores[StoreName.CLOUDINARY].put(name, asset_of(jpeg()), 5)
        return name

    def later(self, hours: float = 3) -> datetime:
        return datetime.now(UTC) + timedelta(hours=hours)

    def audit(self, *, hours: float = 3, source: AuditSource = AuditSource.MANUAL, seconds: float = 60) -> Audit:
        """One whole audit, as of some hours from now."""
        audit_id = start_audit(uuid4(), source, self.deps)
        run_audit(self.deps, Budget.seconds(seconds), lambda: self.later(hours))
        return self.deps.audits.find(audit_id)

    def told(self, **options: Any) -> dict[str, Any]:
        """What an operator reads of a whole audit, less what is always there."""
        said = summary(self.audit(**options), self.deps)
        return {name: value for name, value in said.items() if value not in (0, None)} | {"state": str(said["state"])}

    def report(self, audit: Audit) -> list[dict[str, Any]]:
        body = self.s3.get_object(Bucket=BUCKET, Key=audit.report_key)["Body"].read()
        return [json.loads(line) for line in body.splitlines()]

    def findings(self, audit: Audit) -> dict[str, set[str]]:
        """Which names were found, by what is amiss with them."""
        found: dict[str, set[str]] = {}
        for finding in self.deps.audits.findings(audit):
            found.setdefault(str(finding.kind), set()).add(finding.object_name)
        return found

    def held(self, name: str) -> list[str]:
        """The versions and markers that S3 holds of exactly this name, newest first."""
        listed = self.s3.list_object_versions(Bucket=BUCKET, Prefix=name)
        entries = listed.get("Versions", []) + listed.get("DeleteMarkers", [])
        return [entry["VersionId"] for entry in entries if entry["Key"] == name]

    def is_marked(self, name: str) -> bool:
        tags = self.s3.get_object_tagging(Bucket=BUCKET, Key=name)["TagSet"]
        return tags == [{"Key": "keepsake", "Value": "quarantined"}]

    def is_missing(self, name: str) -> bool:
        query = "SELECT p.missing_at FROM photos p JOIN attempts a ON a.id = p.attempt_id WHERE a.object_name = %s"
        return self.sql.execute(query, (name,)).fetchone()[0] is not None
