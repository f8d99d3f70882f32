"""Every minute, and whenever the bell rings: what was left half-done is finished or taken back."""

from collections.abc import Mapping
from typing import Any

from shared.deps import Deps
from shared.edge.job import Job
from shared.hooks.wake import wake_courier
from shared.resilience.budget import Budget
from shared.stages.sweep import sweep
from shared.uploads.publish import publish_due
from shared.uploads.recover import recover


def run(event: Mapping[str, Any], deps: Deps, budget: Budget) -> dict[str, object]:
    """A ring of the bell is about news only; the minute is about everything."""
    if "Records" in event:
        told = publish_due(deps)
        if told:
            wake_courier(deps)
        return {"told": told, "batchItemFailures": []}
    done = recover(deps, budget)
    hinted = sweep(deps)
    return {
        "completed": done.completed,
        "abandoned": done.abandoned,
        "reaped": done.reaped,
        "told": done.told,
        "hinted": hinted,
    }


lambda_handler = Job(
    run,
    needs=(
        *("ledger", "photos", "recovery", "outbox", "publisher", "stores", "direct_store", "bell", "courier_bell"),
        *("stages", "embedder", "process_hints", "embed_hints", "limits"),
    ),
)
