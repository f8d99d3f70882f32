"""Which photos an organisation has: one page, newest first, and where the next one begins."""

from dataclasses import dataclass
from datetime import datetime

from shared.deps import Deps
from shared.photos import Caller, PhotoStatus, Target, Upload
from shared.uploads import cursor as cursors


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed down to; the times are half-open."""

    target: Target
    status: PhotoStatus | None = None
    since: datetime | None = None
    until: datetime | None = None

    def of(self, caller: Caller) -> tuple[str, ...]:
        """What makes a list this very list."""
        target = [getattr(self.target, name) for name in Target.__slots__]
        return tuple(map(str, (caller.org_id, *target, self.status, self.since, self.until)))


@dataclass(frozen=True, slots=True)
class Page:
    """Some uploads, and the cursor for more, if there are more."""

    uploads: tuple[Upload, ...]
    next_cursor: str | None


def list_photos(caller: Caller, filters: Filters, limit: int, cursor: str | None, deps: Deps) -> Page:
    """One page in one round trip; one more row than asked for tells whether there is another page."""
    this = filters.of(caller)
    found = deps.photos.page(
        caller,
        filters.target,
        status=filters.status,
        since=filters.since,
        until=filters.until,
        after=None if cursor is None else cursors.decode(cursor, this),
        limit=limit + 1,
    )
    uploads = tuple(found[:limit])
    more = len(found) > limit
    return Page(uploads, cursors.encode(_position(uploads[-1]), this) if more else None)


def _position(upload: Upload) -> cursors.Position:
    return upload.photo.uploaded_at if upload.photo else upload.created_at, upload.id
