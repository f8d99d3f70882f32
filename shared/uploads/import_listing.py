"""Which images a venue has: one page, newest first, and where the next one begins."""

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from shared.deps import Deps
from shared.photos import Caller, ImageStatus, Verdict
from shared.uploads import cursor as cursors
from shared.uploads.verdicts import refusal_of

if TYPE_CHECKING:
    from shared.db.venue_facts import ImageState


@dataclass(frozen=True, slots=True)
class ImagePage:
    """Some images, and the cursor for more, if there are more."""

    images: "tuple[ImageState, ...]"
    next_cursor: str | None


def list_images(
    caller: Caller, venue_id: UUID, *, status: ImageStatus | None, limit: int, cursor: str | None, deps: Deps
) -> ImagePage:
    """One page in one round trip; one more row than asked for tells whether there is another page."""
    this = (str(caller.org_id), str(venue_id), str(status))
    after = None if cursor is None else cursors.decode(cursor, this)
    verdict, found = deps.venues.page(caller, venue_id, status=status, after=after, limit=limit + 1)
    if verdict is not Verdict.GO:
        raise refusal_of(verdict)
    images = tuple(found[:limit])
    more = len(found) > limit
    return ImagePage(images, cursors.encode((images[-1].created_at, images[-1].upload_id), this) if more else None)
