"""How a person has the processing of a photo that failed for good tried again."""

from uuid import UUID

from shared.deps import Deps
from shared.errors import Conflict, Forbidden
from shared.log import log
from shared.photos import WRITERS, Caller
from shared.photos.progress import Retried
from shared.uploads.own import photo_of, present_upload
from shared.uploads.publish import ring


def retry_processing(caller: Caller, upload_id: UUID, deps: Deps, base_url: str) -> tuple[UUID, Retried]:
    """Make due again what failed, from its first try on; say of which photo."""
    upload = present_upload(caller, upload_id, deps, base_url)
    if upload.role not in WRITERS:
        raise Forbidden("Viewers cannot retry. Ask an admin of the organisation for the member role.")
    photo = photo_of(upload)
    retried = deps.stage_retries.retry(caller, photo.id)
    if retried is None:
        raise Conflict(
            f"No stage of this photo has failed: it is {photo.status}. What is under way goes on by itself."
        )
    log.info("photo.retried", stages=list(retried.stages))
    ring(deps)
    return photo.id, retried
