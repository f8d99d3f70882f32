"""What photos are searched by, and what is found."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from shared.photos.records import Upload


@dataclass(frozen=True, slots=True)
class Looks:
    """What is asked about: a photo, or the vector of something else; and what may be found at all."""

    similar_to: UUID | None = None
    q: str | None = None
    project_id: UUID | None = None
    # The words as a model sees them, with its name: only vectors of one model can be compared.
    vector: tuple[str, Sequence[float]] | None = None


@dataclass(frozen=True, slots=True)
class Alike:
    """Photos with how far each is from what was asked about, if there is such a thing and it has a vector."""

    known: bool
    searchable: bool
    found: tuple[tuple[Upload, float], ...]
