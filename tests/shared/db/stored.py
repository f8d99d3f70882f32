"""How tests of photos get some: committed by the ledger, each with bytes of its own."""

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING
from uuid import UUID

import psycopg

from shared.photos import Caller, Target
from shared.uploads.facts import target_key

if TYPE_CHECKING:
    from tests.shared.db.conftest import World


@dataclass
class Stored:
    """One world with photos in it."""

    world: "World"
    sql: psycopg.Connection

    def photo(self, key: str, target: Target | None = None, sha: str | None = None, **changes) -> UUID:
        """Commit one upload, and say which one it was."""
        digest = sha or sha256(key.encode()).hexdigest()
        claim = self.world.claim(key, target=target, sha256=digest, **changes)
        self.world.ledger.commit(self.world.commit_of(claim, target=target, sha256=digest))
        return claim.attempt.upload_id

    def pending(self, key: str, **changes) -> UUID:
        """Claim an upload that gets no further."""
        return self.world.claim(key, sha256=sha256(key.encode()).hexdigest(), **changes).attempt.upload_id

    def key_of(self, photo_id: UUID) -> str:
        """In which line everybody stands who completes the same target."""
        query = "SELECT project_id, team_id, location_id, venue_id, encode(sha256, 'hex') FROM photos WHERE id = %s"
        *target, digest = self.sql.execute(query, (photo_id,)).fetchone()
        return target_key(Target(*target), digest)

    def at(self, minutes: dict[UUID, int]) -> None:
        """Say when uploads began and photos were stored: minutes past noon."""
        for upload_id, minute in minutes.items():
            moment = f"2026-05-17T12:{minute:02}:00Z"
            self.sql.execute("UPDATE uploads SET created_at = %s WHERE id = %s", (moment, upload_id))
            self.sql.execute("UPDATE photos SET uploaded_at = %s WHERE id = %s", (moment, upload_id))

    def service(self) -> Caller:
        self.sql.execute("INSERT INTO memberships VALUES (%s, 'robot', 'service')", (self.world.org,))
        return Caller("robot", self.world.org)
