"""What a run left in a stack: whether every photo went through all stages, and whether anything is left over."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg

from local import tokens
from local.aws import Aws
from local.home import secrets_of

ORGANISATION = """
INSERT INTO organizations (id, name) VALUES (%(org)s, 'Load');
INSERT INTO projects (id, org_id, name) VALUES (%(project)s, %(org)s, 'Load')
"""
MEMBER = "INSERT INTO memberships (org_id, actor_id, role) VALUES (%(org)s, %(actor)s, 'member')"
STAGES = "SELECT stage, count(*) FROM photos WHERE org_id = %(org)s AND deleted_at IS NULL GROUP BY stage"
LEFT_OVER = """
SELECT (SELECT count(*) FROM photos WHERE org_id = %(org)s AND deleted_at IS NULL) AS photos,
       (SELECT count(*) FROM photos WHERE org_id = %(org)s AND deleted_at IS NULL AND stage <> 'ready') AS not_ready,
       (SELECT count(*) FROM uploads WHERE org_id = %(org)s AND state = 'failed') AS failed,
       (SELECT count(*) FROM photos p JOIN attempts a ON a.id = p.attempt_id
         WHERE p.org_id = %(org)s AND a.state <> 'committed') AS uncommitted
"""
COMMITTED = """
SELECT a.object_name FROM attempts a JOIN photos p ON p.attempt_id = a.id WHERE p.org_id = %(org)s
"""
KNOWN = "SELECT object_name FROM attempts WHERE split_part(object_name, '/', 2) = %(org)s::text"


@dataclass
class Behind:
    """A running stack from the inside, as its own `stack.json` tells of it."""

    home: Path
    facts: dict[str, Any]
    org: UUID
    project: UUID

    @classmethod
    def of(cls, home: Path) -> "Behind":
        """With an organisation of the run's own."""
        made = cls(home, json.loads((home / "stack.json").read_text()), uuid4(), uuid4())
        for statement in ORGANISATION.split(";"):
            made._run(statement, project=made.project)
        return made

    def user(self) -> str:
        """Another member, and a token for it."""
        actor = f"user-{uuid4()}"
        self._run(MEMBER, actor=actor)
        return tokens.mint(secrets_of(self.home).token_secret, actor_id=actor, org_id=self.org)

    def wait_until_ready(self, wanted: int, seconds: float, say: Callable[[str], object]) -> float:
        """Until every photo went through all its stages, or the time is over; how long it took."""
        began = time.perf_counter()
        while time.perf_counter() - began < seconds:
            stages = dict(self._rows(STAGES))
            say(" ".join(f"{name} {count}" for name, count in sorted(stages.items())))
            if stages.get("ready", 0) + stages.get("failed", 0) >= wanted:
                break
            time.sleep(0.5)
        return time.perf_counter() - began

    def audit(self) -> dict[str, int]:
        """What the ledger and the bucket say, side by side."""
        names = ("photos", "not_ready", "failed", "uncommitted")
        found = dict(zip(names, self._rows(LEFT_OVER)[0], strict=True))
        held, committed = self._held(), {name for (name,) in self._rows(COMMITTED)}
        known = {name for (name,) in self._rows(KNOWN)}
        return {**found, "orphans": len(held - known), "missing": len(committed - held)}

    def _held(self) -> set[str]:
        s3 = Aws(self.facts["s3_endpoint"]).client("s3")
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=self.facts["bucket"], Prefix=f"dev/{self.org}/")
        return {each["Key"] for page in pages for each in page.get("Contents", [])}

    def _run(self, statement: str, **params: object) -> None:
        with psycopg.connect(self.facts["database_url"], autocommit=True) as connection:
            connection.execute(statement, {"org": self.org, **params})

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.facts["database_url"], autocommit=True) as connection:
            return connection.execute(query, {"org": self.org}).fetchall()
