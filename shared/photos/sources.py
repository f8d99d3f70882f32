"""Where an image comes from that we fetch by ourselves, and how far it got."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Source:
    """Where an image is to be fetched from, what its provider thinks of it, and when it was seen there."""

    provider: str
    url: str
    quality_score: float | None = None
    fetched_at: datetime | None = None


class ImageStatus(StrEnum):
    """What a venue has of an address: the photo, none yet, none because it failed, or none for good."""

    UPLOADED = "uploaded"
    PENDING = "pending"
    FAILED = "failed"
    PERMANENTLY_FAILED = "permanently_failed"
