"""What became of an upload, as its organisation may see it and change it."""

import json
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from shared.db.commits import LOCK_TARGET
from shared.db.connection import Database, Question
from shared.db.members import ask_as_member
from shared.db.photo_changes import DELETE_PHOTO, MOVE_PHOTO, SUCCESSOR
from shared.db.photo_lists import PAGE
from shared.db.photo_rows import _INTENTS, _JOINS, _UPLOAD, upload_of
from shared.photos import WRITERS, Caller, PhotoStatus, Reply, Target, Upload

# One row to every member, even when there is no such upload; none to anybody else.
FOR_MEMBER = (
    "SELECT m.role,"
    + _UPLOAD
    + _INTENTS
    + "FROM memberships m LEFT JOIN uploads u ON u.org_id = m.org_id AND u.id = %(upload_id)s"
    + _JOINS
    + " WHERE m.org_id = %(org_id)s AND m.actor_id = %(actor_id)s AND m.revoked_at IS NULL"
)
FOR_OBJECT = (
    "SELECT 'service' AS role,"
    + _UPLOAD
    + _INTENTS
    + "FROM attempts o JOIN uploads u ON u.id = o.upload_id"
    + _JOINS
    + " WHERE o.object_name = %(object_name)s"
)
FOR_OURSELVES = (
    "SELECT 'service' AS role," + _UPLOAD + _INTENTS + "FROM uploads u" + _JOINS + " WHERE u.id = %(upload_id)s"
)


class PhotoReader:
    """Reads uploads with all that came of them, and changes photos: each in one round trip.

    For whoever is not a member (any more), every question of a caller ends in the same Forbidden.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, caller: Caller, upload_id: UUID) -> Upload | None:
        """None for what does not exist and for what is not the caller's: the two must look alike."""
        (row,) = ask_as_member(self._database, FOR_MEMBER, caller, {"upload_id": upload_id})
        return upload_of(row) if row["upload_id"] else None

    def find_any(self, upload_id: UUID) -> Upload | None:
        """For our own work, which has no caller."""
        rows = self._database.ask(Question(FOR_OURSELVES, {"upload_id": upload_id}))
        return upload_of(rows[0]) if rows else None

    def find_by_object(self, object_name: str) -> Upload | None:
        """For hints that come from the store itself and know no caller."""
        rows = self._database.ask(Question(FOR_OBJECT, {"object_name": object_name}))
        return upload_of(rows[0]) if rows else None

    def page(
        self,
        caller: Caller,
        target: Target,
        *,
        status: PhotoStatus | None,
        since: datetime | None,
        until: datetime | None,
        after: tuple[datetime, UUID] | None,
        limit: int,
    ) -> list[Upload]:
        """Photos, and uploads that are none yet, newest first: those after a position, if one is given."""
        after_at, after_id = after or (None, None)
        filters = {name: getattr(target, name) for name in Target.__slots__}
        between = {"since": since, "until": until, "after_at": after_at, "after_id": after_id}
        rows = ask_as_member(self._database, PAGE, caller, {**filters, **between, "status": status, "limit": limit})
        return [upload_of(row) for row in rows if row["upload_id"]]

    def successor(self, caller: Caller, photo_id: UUID) -> UUID | None:
        """The photo that took this one's place at its stop, if that is why it is gone."""
        rows = self._database.ask(Question(SUCCESSOR, {"org_id": caller.org_id, "photo_id": photo_id}))
        return rows[0]["replaced_by"] if rows else None

    def delete(self, caller: Caller, photo_id: UUID, target_key: str, reply: Reply) -> datetime | None:
        """Delete a photo and say since when it is; its uploads answer `reply` from now on. None: there is none."""
        params = {
            **_who(caller),
            "photo_id": photo_id,
            "writers": sorted(WRITERS),
            "resp_status": reply.status,
            "resp_body": json.dumps(dict(reply.body)),
        }
        rows = self._database.ask(Question(LOCK_TARGET, {"target_key": target_key}), Question(DELETE_PHOTO, params))
        return rows[0]["deleted_at"] if rows else None

    def move(
        self,
        caller: Caller,
        photo_id: UUID,
        *,
        before: Collection[PhotoStatus],
        status: PhotoStatus,
        detail: str | None,
    ) -> tuple[PhotoStatus, datetime] | None:
        """Move a photo on, if it stands at one of `before`; say where it stands now, and since when."""
        facts = {"photo_id": photo_id, "before": sorted(before), "status": status, "detail": detail}
        rows = self._database.ask(Question(MOVE_PHOTO, {**_who(caller), **facts}))
        return (PhotoStatus(rows[0]["status"]), rows[0]["since"]) if rows else None


def _who(caller: Caller) -> dict[str, object]:
    return {"org_id": caller.org_id, "actor_id": caller.actor_id}
