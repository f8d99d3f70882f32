"""Every minute, and whenever the bell rings: what was left half-done is finished or taken back."""

from collections.abc import Mapping
from typing import Any

from shared.deps import Deps
from shared.edge.job import Job
from shared.resilience.budget import Budget
from shared.uploads.publish import publish_due
from shared.uploads.recover import recover


def run(event: Mapping[str, Any], deps: Deps, budget: Budget) -> dict[str, object]:
    """A ring of the bell is about news only; the minute is about everything."""
    if "Records" in event:
        return {"told": publish_due(deps), "batchItemFailures": []}
    done = recover(deps, budget)
    return {"completed": done.completed, "abandoned": done.abandoned, "reaped": done.reaped, "told": done.told}


lambda_handler = Job(
    run, needs=("ledger", "photos", "recovery", "outbox", "publisher", "stores", "direct_store", "bell", "limits")
)
