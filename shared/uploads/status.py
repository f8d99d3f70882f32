"""How the service that looks at photos reports how far it is with one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.deps import Deps
from shared.errors import Conflict, Forbidden, NotFound
from shared.log import log
from shared.photos import Caller, PhotoStatus, Role
from shared.uploads.own import photo_of, present_upload
from shared.uploads.publish import ring

SCOPE = "photos:status"

# Where a photo may stand before each report. What failed may be looked at again, unless it failed for good.
BEFORE: Mapping[PhotoStatus, frozenset[PhotoStatus]] = {
    PhotoStatus.PROCESSING: frozenset({PhotoStatus.UPLOADED, PhotoStatus.FAILED}),
    PhotoStatus.COMPLETED: frozenset({PhotoStatus.UPLOADED, PhotoStatus.PROCESSING, PhotoStatus.FAILED}),
    PhotoStatus.FAILED: frozenset({PhotoStatus.UPLOADED, PhotoStatus.PROCESSING}),
    PhotoStatus.PERMANENTLY_FAILED: frozenset({PhotoStatus.UPLOADED, PhotoStatus.PROCESSING, PhotoStatus.FAILED}),
}


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a photo stands, and since when."""

    photo_id: UUID
    status: PhotoStatus
    since: datetime


def report_status(
    caller: Caller, upload_id: UUID, status: PhotoStatus, detail: str | None, *, deps: Deps, base_url: str
) -> Stand:
    """Move a photo on to this status; where it stands there already, say so again."""
    if SCOPE not in caller.scopes:
        raise Forbidden(f"Only a service whose token has the scope {SCOPE} sets a status. Clients read it.")
    upload = present_upload(caller, upload_id, deps, base_url)
    if upload.role is not Role.SERVICE:
        raise Forbidden("Only a member with the role service sets a status. Clients read it.")
    photo = photo_of(upload)
    found = deps.photos.move(caller, photo.id, before=BEFORE[status], status=status, detail=detail)
    if found is None:
        raise NotFound("The photo, or your right to change it, went while you asked.")
    stand = Stand(photo.id, *found)
    if stand.status is not status:
        allowed = ", ".join(sorted(BEFORE[status]))
        raise Conflict(f"The photo is {stand.status}; only from {allowed} can it become {status}.")
    log.info("photo.status", status=status)
    ring(deps)
    return stand
