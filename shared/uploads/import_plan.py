"""What is to be done about an image that a listing names: nothing, to go on with an upload, or to begin one."""

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from shared.errors import Gone
from shared.photos import Caller, ImageStatus, Source, UploadState
from shared.uploads.import_outcome import Outcome, Problem, photo_facts

if TYPE_CHECKING:
    from shared.db.venue_facts import Known, LivePhoto


@dataclass(frozen=True, slots=True)
class Image:
    """One image as a listing names it."""

    source: Source
    file_name: str


def key_for(
    image: Image, known: "Known | None", *, caller: Caller, venue_id: UUID, force: str | None
) -> "str | Outcome":
    """The idempotency key to claim it with, or why there is nothing to do.

    The same listing again has the same keys. `force` names one request that wants it all anew: its keys are others.
    """
    if known and known.photo is None and known.state is UploadState.OPEN:
        return _go_on(image, known, caller, venue_id)
    if force:
        return _key(venue_id, image, "force", force)
    if known is None:
        return _key(venue_id, image)
    if known.photo is None:
        return Outcome(image.source, ImageStatus.PERMANENTLY_FAILED, known.upload_id, _why(known), skipped=True)
    if _is_better(image.source, known.photo):
        return _key(venue_id, image, "better", image.source.quality_score, str(image.source.fetched_at))
    return Outcome(
        image.source, ImageStatus.UPLOADED, known.upload_id, photo=photo_facts(known, known.photo), skipped=True
    )


def better_of(images: list[Image]) -> Image:
    """Of several that have one address: which of them would be kept."""
    return max(images, key=lambda image: _rank(image.source))


def _go_on(image: Image, known: "Known", caller: Caller, venue_id: UUID) -> "str | Outcome":
    if known.parked:
        # We have its bytes: it is only its store that is waited for.
        return Outcome(image.source, ImageStatus.PENDING, known.upload_id, skipped=True)
    # Of somebody else's upload there can be another one: the first that is done makes the photo, the other finds it.
    return known.idem_key if known.actor_id == caller.actor_id else _key(venue_id, image, str(known.upload_id))


def _is_better(source: Source, photo: "LivePhoto") -> bool:
    """What the commit will say of it; a picture that it would not take need not be fetched."""
    offered = (source.quality_score or 0.0, source.fetched_at or photo.fetched_at)
    return offered > (photo.quality_score or 0.0, photo.fetched_at)


def _rank(source: Source) -> tuple[float, float]:
    return source.quality_score or 0.0, source.fetched_at.timestamp() if source.fetched_at else 0.0


def _why(known: "Known") -> Problem:
    if known.state is UploadState.COMMITTED:
        return Problem(Gone.code, "permanent", "The photo of this address was deleted. Send force to have it again.")
    return Problem(
        known.failure_type or "unknown_error", known.failure_class or "permanent", known.failure_detail or ""
    )


def _key(venue_id: UUID, image: Image, *salt: object) -> str:
    said = json.dumps([str(venue_id), image.source.url, *salt])
    return f"import:{hashlib.sha256(said.encode()).hexdigest()}"
