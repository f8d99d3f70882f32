"""What our Cloudinary account holds: a page of 500 names costs one call of the few that its Admin API allows."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.errors import StoreUnavailable
from shared.media.cloudinary import CloudinaryStore
from shared.media.cloudinary_answers import CLOUDINARY
from shared.media.listing import QUARANTINED, Held, HeldVersion, ListPage

PAGE: Final = 500
LARGEST_PAGE: Final = 4 << 20
TAG: Final = f"keepsake-{QUARANTINED}"


class _Line(BaseModel):
    """What a list tells of one asset."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    public_id: str
    version: int
    created_at: datetime
    size: int = Field(alias="bytes")

    def held(self) -> Held:
        return Held(self.public_id, (HeldVersion(str(self.version), self.created_at, self.size),))


class _Lines(BaseModel):
    """One page of them."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    resources: tuple[_Line, ...]
    next_cursor: str | None = None


class CloudinaryListing(CloudinaryStore):
    """One account, as the audit sees it."""

    is_metered: Final = True

    def page(self, prefix: str, onward: Mapping[str, str]) -> ListPage:
        """Read up to 500 names. With a prefix, and only then, Cloudinary sorts them by name."""
        asked = urlencode({"prefix": prefix, "max_results": PAGE, **onward})
        said = CLOUDINARY.heard("list", lambda: self._ask_admin(f"?{asked}", max_bytes=LARGEST_PAGE), writes=False)
        self._insist(said, "list", writes=False)
        try:
            lines = _Lines.model_validate(said.facts)
        except ValidationError as error:
            raise StoreUnavailable("Cloudinary's list is not as documented.", failure_type="no_answer") from error
        cursor = lines.next_cursor
        return ListPage(tuple(line.held() for line in lines.resources), {"next_cursor": cursor} if cursor else None)

    def quarantine(self, held: Held) -> None:
        """Mark the asset; what went meanwhile needs no mark."""
        said = CLOUDINARY.heard(
            "tag", lambda: self._uploader.tag(TAG, [held.name], timeout=self._timeout), writes=True
        )
        self._insist(said, "tag", writes=True)

    def remove(self, held: Held) -> None:
        """Remove the asset: a name has one."""
        self.delete(held.name)
