"""The ledger: the one place that knows how far each upload got, and that decides every race."""

import json
from collections.abc import Callable, Collection, Sequence
from uuid import UUID

from psycopg.rows import DictRow

from shared.db.claim_items import item_of
from shared.db.claims import CLAIM
from shared.db.commits import COMMIT, CONDEMN, LOCK_TARGET, STANDING
from shared.db.connection import Database, Question
from shared.photos import (
    WRITERS,
    Attempt,
    AttemptState,
    Caller,
    Claim,
    Commit,
    Intention,
    Loss,
    Reply,
    Standing,
    StoreName,
    Terms,
    Twin,
    UploadState,
    Verdict,
)


class PostgresLedger:
    """Claim, commit and condemn, each one round trip, each repeatable."""

    def __init__(self, database: Database, *, stage: str, new_id: Callable[[], UUID]) -> None:
        self._database = database
        self._stage = stage
        self._new_id = new_id

    def claim(
        self, caller: Caller, intentions: Sequence[Intention], terms: Terms, gone: Collection[UUID] = ()
    ) -> list[Claim]:
        """Ask for an attempt at each intention; one rate token pays for them all.

        `gone` are the attempts of twins whose bytes were looked for and not found: they stop nobody.
        """
        lease_token = self._new_id()
        items = [item_of(n, caller, intention, self._new_id) for n, intention in enumerate(intentions)]
        rows = self._database.ask(
            Question(
                CLAIM,
                {
                    "items": json.dumps(items),
                    "org_id": caller.org_id,
                    "actor_id": caller.actor_id,
                    "writers": sorted(WRITERS),
                    "door": intentions[0].door,
                    "stage": self._stage,
                    "bucket": f"{terms.rate.name}:{caller.org_id}:{caller.actor_id}",
                    "capacity": float(terms.rate.capacity),
                    "per_second": terms.rate.per_second,
                    "lease": terms.lease_seconds,
                    "lease_token": lease_token,
                    "reap_after": terms.reap_after_seconds,
                    "exclusive": terms.exclusive,
                    "first_store": terms.first_store,
                    "largest": terms.largest,
                    "spots_twins": terms.spots_twins,
                    "gone": list(gone),
                    "token_id": caller.upload_token.id if caller.upload_token else None,
                },
            )
        )
        return [_claim(row, lease_token) for row in rows]

    def commit(self, commit: Commit) -> Reply | Twin | None:
        """Pass the pivot. None: the attempt was already decided, and `standing` says how.

        A twin: nothing happened yet, because somebody must first look whether that photo's bytes are there.
        """
        stored, image = commit.stored, commit.image
        rows = self._database.ask(
            Question(LOCK_TARGET, {"target_key": commit.target_key}),
            Question(
                COMMIT,
                {
                    "attempt_id": commit.attempt.id,
                    "bytes": stored.size,
                    "sha256": stored.sha256,
                    "md5": stored.md5,
                    "version": stored.version,
                    "provider_ref": json.dumps(dict(stored.ref)),
                    "mime": image.mime,
                    "width": image.width,
                    "height": image.height,
                    "exif": json.dumps(dict(image.exif), allow_nan=False),
                    "exif_warnings": list(image.warnings),
                    "photo_url": commit.photo_url,
                    "completed_at": commit.completed_at,
                    "seen": commit.seen,
                    "gone": commit.gone,
                    "resp_status": commit.reply.status,
                    "resp_body": json.dumps(dict(commit.reply.body)),
                },
            ),
        )
        return (_twin(rows[0]) or _reply(rows[0])) if rows else None

    def condemn(self, attempt_id: UUID, loss: Loss) -> bool:
        """Give an attempt up before anything of it is deleted. False: it is not ours to give up any more."""
        reply = loss.reply
        rows = self._database.ask(
            Question(
                CONDEMN,
                {
                    "attempt_id": attempt_id,
                    "failure_class": loss.failure_class,
                    "failure_type": loss.failure_type,
                    "failure_detail": loss.detail,
                    "final": reply is not None,
                    "keep_lease": loss.keep_lease,
                    "keep_parked": loss.keep_parked,
                    "retry_in": loss.retry_in,
                    "resp_status": reply.status if reply else None,
                    "resp_body": json.dumps(dict(reply.body)) if reply else None,
                },
            )
        )
        return bool(rows)

    def standing(self, attempt_id: UUID) -> Standing:
        """Ask how it ended: the only way to settle an unknown outcome."""
        (row,) = self._database.ask(Question(STANDING, {"attempt_id": attempt_id}))
        return Standing(AttemptState(row["attempt_state"]), UploadState(row["upload_state"]), _reply(row))


def _claim(row: DictRow, lease_token: UUID) -> Claim:
    store = row["target_store"]
    return Claim(
        verdict=Verdict(row["verdict"]),
        attempt=attempt_of(row) if row["attempt_id"] else None,
        target_store=StoreName(store) if store else None,
        reply=_reply(row),
        lease_token=lease_token if row["attempt_id"] else None,
        lease_left=row["lease_left"] or 1,
        parked=row["parked"],
        breaker=row["breaker"] if row["attempt_id"] else None,
        tokens=row["tokens"],
        upload_id=row["upload_id"],
        twin=_twin(row),
    )


def _twin(row: DictRow) -> Twin | None:
    if row["twin_id"] is None:
        return None
    return Twin(
        photo_id=row["twin_id"],
        attempt_id=row["twin_attempt_id"],
        store=StoreName(row["twin_store"]),
        object_name=row["twin_object_name"],
        version=row["twin_version"],
        display_url=row["twin_url"],
    )


def attempt_of(row: DictRow) -> Attempt:
    """One attempt, from a row that any of our questions gave."""
    return Attempt(
        id=row["attempt_id"],
        upload_id=row["upload_id"],
        number=row["attempt_no"],
        store=StoreName(row["store"]),
        object_name=row["object_name"],
        multipart_id=row.get("multipart_id"),
    )


def _reply(row: DictRow) -> Reply | None:
    return Reply(row["resp_status"], row["resp_body"]) if row["resp_body"] is not None else None
