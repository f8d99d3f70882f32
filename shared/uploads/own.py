"""Which upload or photo a caller means by an id, and why there is none to be had."""

from dataclasses import replace
from uuid import UUID

from shared.deps import Deps
from shared.errors import Conflict, Gone, NotFound, UploadNotReady
from shared.log import log
from shared.photos import Caller, PhotoRecord, Role, Upload, UploadState
from shared.uploads.view import status_url


def own_upload(caller: Caller, upload_id: UUID, deps: Deps) -> Upload:
    """An upload of the caller's organisation, whatever became of it."""
    upload = deps.photos.find(caller, upload_id)
    if upload is None or not _within_token(caller, upload):
        raise NotFound("There is no such photo, or it is not yours.")
    log.bind(upload_id=upload.id, photo_id=upload.photo.id if upload.photo else upload.id)
    # An upload token is in the hands of somebody the organisation may not know: it shows the least there is.
    return replace(upload, role=Role.VIEWER) if caller.upload_token else upload


def present_upload(caller: Caller, upload_id: UUID, deps: Deps, base_url: str) -> Upload:
    """The same, unless its photo is gone."""
    upload = own_upload(caller, upload_id, deps)
    if upload.photo and upload.photo.deleted_at:
        raise _gone(upload.photo, caller, deps, base_url)
    return upload


def photo_of(upload: Upload) -> PhotoRecord:
    """The photo that came of an upload; until one did, nothing can be done with it."""
    if upload.photo:
        return upload.photo
    if upload.state is UploadState.FAILED:
        raise Conflict("This upload failed for good, so there is no photo. Its status says why.")
    raise UploadNotReady("This upload is not stored yet, so there is no photo. Ask for its status.", retry_after=5)


def _within_token(caller: Caller, upload: Upload) -> bool:
    token = caller.upload_token
    return token is None or upload.target.project_id == token.project_id


def _gone(photo: PhotoRecord, caller: Caller, deps: Deps, base_url: str) -> Gone:
    successor = deps.photos.successor(caller, photo.id)
    if successor is None:
        return Gone("The photo was deleted. To have it again, upload it anew.", deleted_at=photo.deleted_at)
    return Gone(
        "A newer photo of the same hunt stop took the place of this one. Ask for that one instead.",
        deleted_at=photo.deleted_at,
        replaced_by=successor,
        status_url=status_url(base_url, str(successor)),
    )
