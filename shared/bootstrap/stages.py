"""How the parts are made that work on a photo after its commit."""

from functools import cached_property
from typing import TYPE_CHECKING
from uuid import uuid4

from shared.bootstrap.parts import Parts
from shared.settings import AwsSettings, EmbedHintSettings, EmbedSettings, ProcessHintSettings

if TYPE_CHECKING:
    from shared.aws.messages import QueueHints
    from shared.db.stage_retries import PostgresStageRetries
    from shared.db.stages import PostgresStages
    from shared.imaging.derived import Derived
    from shared.photos.stages import Stage
    from shared.search.embedder import Embedder

# What a child may take to decode one photo, on top of what it was forked from; the largest that is let in fits.
RENDER_MEGABYTES = 1_200


class StageParts(Parts):
    @cached_property
    def stages(self) -> "PostgresStages":
        from shared.db.stages import PostgresStages  # noqa: PLC0415

        return PostgresStages(self._database, new_id=uuid4)

    def hints(self, stage: "Stage") -> "QueueHints":
        from shared.aws.messages import QueueHints  # noqa: PLC0415

        if stage == "process":
            return QueueHints(self._queue(ProcessHintSettings, "news_queue_url"))
        return QueueHints(self._queue(EmbedHintSettings, "embed_queue_url"))

    def render(self, source: bytes, seconds: float) -> "Derived":
        from shared.imaging.child import render  # noqa: PLC0415

        return render(source, seconds=seconds, megabytes=RENDER_MEGABYTES)

    @cached_property
    def embedder(self) -> "Embedder | None":
        """None where photos are not made searchable by what they show."""
        kind = self._get(EmbedSettings).embedder
        return None if kind == "none" else self._titan() if kind == "bedrock" else _local_embedder()

    def _titan(self) -> "Embedder":
        from shared.search.bedrock import Bedrock  # noqa: PLC0415
        from shared.search.titan import TitanEmbedder  # noqa: PLC0415

        settings = self._get(AwsSettings)
        bedrock = Bedrock(settings.aws_region, self._credentials, settings.aws_endpoint_url)
        return TitanEmbedder(bedrock, _as_jpeg)

    @property
    def embed_per_minute(self) -> int:
        return self._get(EmbedSettings).embed_per_minute

    @cached_property
    def stage_retries(self) -> "PostgresStageRetries":
        from shared.db.stage_retries import PostgresStageRetries  # noqa: PLC0415

        return PostgresStageRetries(self._database)


def _local_embedder() -> "Embedder":
    from shared.search.local_model import LocalEmbedder  # noqa: PLC0415

    return LocalEmbedder(_rgb_square)


def _as_jpeg(data: bytes) -> bytes:
    from shared.imaging.pixels import as_jpeg  # noqa: PLC0415

    return as_jpeg(data)


def _rgb_square(data: bytes, edge: int) -> bytes:
    from shared.imaging.pixels import rgb_square  # noqa: PLC0415

    return rgb_square(data, edge)
