"""What is done to a photo after its commit: renditions, and being made searchable."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from shared.photos import Caller, RatePolicy

if TYPE_CHECKING:
    from shared.imaging.derived import Derived
    from shared.photos.progress import Retried
    from shared.photos.stages import Made, Setback, Stage, Work
    from shared.search.embedder import Embedder


class Stages(Protocol):
    """Knows what photos still need; see `shared.db.stages`."""

    def claim_process(self, photo_id: UUID, lease_seconds: int) -> "Work | None": ...
    def claim_embed(self, photo_id: UUID, lease_seconds: int, rate: RatePolicy) -> "Work | None": ...
    def processed(self, work: "Work", made: "Made", *, embeds: bool) -> bool: ...
    def embedded(self, work: "Work", model: str, vector: Sequence[float]) -> bool: ...
    def set_back(self, work: "Work", setback: "Setback", model: str | None = None) -> bool: ...
    def take_unhinted(self, stage: "Stage", limit: int, pause: float) -> list[UUID]: ...
    def backfill(self, model: str, limit: int) -> int: ...


class Hints(Protocol):
    """Tells workers of photos that may have something to do."""

    def tell(self, photo_ids: Sequence[UUID]) -> None: ...


class StageRetries(Protocol):
    """Lets failed stages be tried again; see `shared.db.stage_retries`."""

    def retry(self, caller: Caller, photo_id: UUID) -> "Retried | None": ...


class StageDeps(Protocol):
    """What is done to a photo after its commit."""

    @property
    def stages(self) -> Stages: ...
    def hints(self, stage: "Stage") -> Hints: ...
    def render(self, source: bytes, seconds: float) -> "Derived": ...
    @property
    def embedder(self) -> "Embedder | None": ...
    @property
    def embed_per_minute(self) -> int: ...
    @property
    def stage_retries(self) -> StageRetries: ...
