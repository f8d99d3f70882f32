"""Every committed photo gets its renditions; a message about it is a hint, never an order."""

from collections.abc import Mapping
from typing import Any

from shared.deps import Deps
from shared.edge.job import Job
from shared.edge.queue import consume
from shared.resilience.budget import Budget
from shared.stages.hint import committed_photo
from shared.stages.process import process


def run(event: Mapping[str, Any], deps: Deps, budget: Budget) -> dict[str, object]:
    """Each photo on its own: what one of them does to us, the others do not feel."""
    return consume(event, lambda record, parts: _one(record, parts, budget), deps)


def _one(record: Mapping[str, Any], deps: Deps, budget: Budget) -> None:
    photo_id = committed_photo(record["body"])
    if photo_id:
        process(photo_id, deps, budget)


lambda_handler = Job(
    run, needs=("stages", "stores", "direct_store", "originals", "render", "embedder", "embed_hints", "bell")
)
