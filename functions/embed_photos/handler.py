"""Every processed photo becomes searchable; a message about it is a hint, never an order."""

from collections.abc import Mapping
from typing import Any

from shared.deps import Deps
from shared.edge.job import Job
from shared.edge.queue import consume
from shared.resilience.budget import Budget
from shared.stages.embed import embed
from shared.stages.hint import processed_photo


def run(event: Mapping[str, Any], deps: Deps, budget: Budget) -> dict[str, object]:
    """Each photo on its own."""
    return consume(event, lambda record, parts: _one(record, parts, budget), deps)


def _one(record: Mapping[str, Any], deps: Deps, budget: Budget) -> None:
    embed(processed_photo(record["body"]), deps, budget)


lambda_handler = Job(run, needs=("stages", "direct_store", "embedder"))
