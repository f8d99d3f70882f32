"""Every minute, and whenever its bell rings: webhooks are told what is due to them."""

from collections.abc import Mapping
from typing import Any

from shared.deps import Deps
from shared.edge.job import Job
from shared.hooks.deliver import deliver_due
from shared.resilience.budget import Budget


def run(event: Mapping[str, Any], deps: Deps, budget: Budget) -> dict[str, object]:
    """A ring says no more than the minute does: there may be something."""
    done = deliver_due(deps, budget)
    counts: dict[str, object] = {"delivered": done.delivered, "failed": done.failed}
    return counts | ({"batchItemFailures": []} if "Records" in event else {})


lambda_handler = Job(run, needs=("courier", "fetcher"))
