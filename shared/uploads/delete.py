"""Deleting a photo: the row is gone at once, and for all who ask; the bytes follow, by the reaper."""

from datetime import datetime
from uuid import UUID

from shared.deps import Deps
from shared.errors import Forbidden, Gone, NotFound
from shared.log import log
from shared.photos import WRITERS, Caller, Reply
from shared.uploads.facts import target_key
from shared.uploads.own import own_upload, photo_of
from shared.uploads.publish import ring

# What every upload that ended in the photo answers from then on.
REPLY = Reply(
    Gone.status,
    {
        "code": Gone.code,
        "message": "The photo of this upload was deleted. To store it again, upload it with a new Idempotency-Key.",
    },
)


def delete_photo(caller: Caller, upload_id: UUID, deps: Deps) -> tuple[UUID, datetime]:
    """Which photo is gone, and since when; asked again, the answer is the same."""
    upload = own_upload(caller, upload_id, deps)
    if upload.role not in WRITERS:
        raise Forbidden("Viewers cannot delete photos. Ask an admin of the organisation for the member role.")
    photo = photo_of(upload)
    if photo.deleted_at:
        return photo.id, photo.deleted_at
    deleted_at = deps.photos.delete(caller, photo.id, target_key(upload.target, photo.sha256), REPLY)
    if deleted_at is None:
        raise NotFound("The photo, or your right to delete it, went while you asked.")
    log.info("photo.deleted")
    ring(deps)
    return photo.id, deleted_at
