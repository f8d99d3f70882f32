"""Audits: which one runs, how far it got, what the ledger says of names, and what was found."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from psycopg.rows import DictRow

from shared.db.audit_questions import (
    COMPARE,
    DROP_FINDING,
    END_AUDIT,
    FIND_AUDIT,
    FINDINGS,
    FOUND_AGAIN,
    LEAVE_AUDIT,
    MARK_MISSING,
    ROLE_OF,
    SAVE_AUDIT,
    SETTLE_FINDING,
    START_AUDIT,
    TAKE_AUDIT,
    TALLY,
    UNSETTLED,
)
from shared.db.audit_records import Audit, AuditSource, AuditState, Finding, FindingKind, Known
from shared.db.connection import Database, Question
from shared.photos import AttemptState, Caller, Role, StoreName

# An audit that takes longer than this has lost its way.
MOST_DAYS = 7
# The condemned are the reaper's for so long, after nothing can land any more.
REAPER_HOURS = 24
PAGE = 50


class PostgresAudits:
    """One audit at a time, for the whole deployment; only the holder of its lease moves it on."""

    def __init__(self, database: Database, *, new_id: Callable[[], UUID]) -> None:
        self._database = database
        self._new_id = new_id

    def role_of(self, caller: Caller) -> Role | None:
        """What the caller is in the organisation of its token."""
        params = {"org_id": caller.org_id, "actor_id": caller.actor_id}
        rows = self._database.ask(Question(ROLE_OF, params))
        return Role(rows[0]["role"]) if rows else None

    def start(self, audit_id: UUID, source: AuditSource) -> UUID:
        """Begin this audit, unless one runs already; say which one it is now. An id that was used is that audit."""
        question = Question(START_AUDIT, {"id": audit_id, "source": source})
        # Between two snapshots another one may have begun: the second look sees it.
        rows = self._database.ask(question) or self._database.ask(question)
        return UUID(str(rows[0]["id"])) if rows else audit_id

    def take(self, lease_seconds: int) -> Audit | None:
        """The running audit, for this invocation alone. None: none runs, or somebody else is at it."""
        params = {"lease": lease_seconds, "lease_token": self._new_id(), "most_days": MOST_DAYS}
        rows = self._database.ask(Question(TAKE_AUDIT, params))
        return _audit(rows[0]) if rows else None

    def find(self, audit_id: UUID) -> Audit | None:
        rows = self._database.ask(Question(FIND_AUDIT, {"id": audit_id, "most_days": MOST_DAYS}))
        return _audit(rows[0]) if rows else None

    def save(
        self, audit: Audit, cursor: Mapping[str, Any], lease_seconds: int, found: Sequence[Finding] = ()
    ) -> bool:
        """How far it got, and what it found on the way, at once. False: the lease was lost."""
        params = {
            **_lease(audit),
            "lease": lease_seconds,
            "cursor": json.dumps(dict(cursor)),
            "findings": json.dumps([_noted(finding) for finding in found], default=str),
        }
        return bool(self._database.ask(Question(SAVE_AUDIT, params)))

    def leave(self, audit: Audit, cursor: Mapping[str, Any]) -> None:
        """Let another invocation go on at once."""
        self._database.ask(Question(LEAVE_AUDIT, {**_lease(audit), "cursor": json.dumps(dict(cursor))}))

    def end(self, audit: Audit, counts: Mapping[str, Any], report_key: str | None, stopped: str | None) -> bool:
        params = {
            **_lease(audit),
            "state": AuditState.STOPPED if stopped else AuditState.DONE,
            "counts": json.dumps(dict(counts)),
            "report_key": report_key,
            "stopped": stopped,
        }
        return bool(self._database.ask(Question(END_AUDIT, params)))

    def compare(
        self, names: Collection[str], store: StoreName | None, *, after: str = "", until: str = "", most: int = 1
    ) -> tuple[dict[str, Known], list[Known]]:
        """What the ledger says of these names, and which photos have names in between that are not among them.

        Without a store, the names are those of attempts at any.
        """
        params = {
            "names": list(names),
            "store": store,
            "after": after,
            "until": until,
            "most": most,
            "reaper_hours": REAPER_HOURS,
        }
        rows = self._database.ask(Question(COMPARE, params))
        listed = {row["name"]: _known(row) for row in rows if row["listed"]}
        return listed, [_known(row) for row in rows if not row["listed"]]

    def found_again(self, photo_ids: Collection[UUID]) -> None:
        """These are not missing any more."""
        self._database.ask(Question(FOUND_AGAIN, {"photo_ids": list(photo_ids)}))

    def mark_missing(self, finding: Finding) -> bool:
        """Say so of the photo, which stays. False: it has other bytes by now, or was deleted."""
        params = {"photo_id": finding.photo_id, "store": finding.store, "object_name": finding.object_name}
        return bool(self._database.ask(Question(MARK_MISSING, params)))

    def unsettled(self, audit: Audit) -> list[Finding]:
        """The next findings that nobody has dealt with."""
        rows = self._database.ask(Question(UNSETTLED, {"audit_id": audit.id, "limit": PAGE}))
        return [_finding(row) for row in rows]

    def settle(self, audit: Audit, finding: Finding) -> None:
        params = {**_of(audit, finding), "facts": json.dumps(dict(finding.facts), default=str)}
        self._database.ask(Question(SETTLE_FINDING, params))

    def drop(self, audit: Audit, finding: Finding) -> None:
        """It was not so, when looked at again."""
        self._database.ask(Question(DROP_FINDING, _of(audit, finding)))

    def findings(self, audit: Audit) -> list[Finding]:
        return [_finding(row) for row in self._database.ask(Question(FINDINGS, {"audit_id": audit.id}))]

    def tally(self, audit: Audit) -> dict[FindingKind, int]:
        """How many names are found of each kind; of extra versions, how many versions."""
        rows = self._database.ask(Question(TALLY, {"audit_id": audit.id}))
        return {FindingKind(row["kind"]): row["n"] for row in rows}


def _lease(audit: Audit) -> dict[str, object]:
    return {"id": audit.id, "lease_token": audit.lease_token}


def _of(audit: Audit, finding: Finding) -> dict[str, object]:
    name = {"kind": finding.kind, "store": finding.store, "object_name": finding.object_name}
    return {"audit_id": audit.id, **name}


def _noted(finding: Finding) -> dict[str, object]:
    ids = {"photo_id": finding.photo_id, "org_id": finding.org_id}
    return {
        "kind": finding.kind,
        "store": finding.store,
        "object_name": finding.object_name,
        "facts": dict(finding.facts),
        **ids,
    }


def _audit(row: DictRow) -> Audit:
    return Audit(
        id=row["id"],
        source=AuditSource(row["source"]),
        state=AuditState(row["state"]),
        cursor=row["cursor"],
        counts=row["counts"],
        report_key=row["report_key"],
        stopped=row["stopped"],
        is_overdue=row["is_overdue"],
        lease_token=row["lease_token"],
    )


def _finding(row: DictRow) -> Finding:
    return Finding(
        kind=FindingKind(row["kind"]),
        store=StoreName(row["store"]),
        object_name=row["object_name"],
        photo_id=row["photo_id"],
        org_id=row["org_id"],
        facts=row["facts"],
    )


def _known(row: DictRow) -> Known:
    return Known(
        name=row["name"],
        state=AttemptState(row["state"]) if row["state"] else None,
        version=row["version"],
        is_overdue=bool(row["is_overdue"]),
        is_parked=bool(row["is_parked"]),
        photo_id=row["photo_id"],
        org_id=row["org_id"],
        was_missing=bool(row["was_missing"]),
    )
