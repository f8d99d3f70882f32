"""Every ten minutes, and when an alarm rings for one upload: parked uploads are tried again."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from shared.deps import Deps
from shared.edge.job import Job
from shared.resilience.budget import Budget
from shared.uploads.retry import Retried, retry_due


def run(event: Mapping[str, Any], deps: Deps, budget: Budget) -> dict[str, object]:
    """An alarm names an upload; the ledger says whether it is due."""
    if "Records" in event:
        runs = [retry_due(deps, budget, only=_named(record)) for record in event["Records"]]
        return {**_summary(runs), "batchItemFailures": []}
    return _summary([retry_due(deps, budget)])


def _named(record: Mapping[str, Any]) -> UUID:
    return UUID(json.loads(record["body"])["upload_id"])


def _summary(runs: list[Retried]) -> dict[str, object]:
    return {
        "attempted": sum(run.attempted for run in runs),
        "succeeded": sum(run.succeeded for run in runs),
        "failed": sum(run.failed for run in runs),
    }


lambda_handler = Job(run, needs=("ledger", "parking", "direct_store", "stores", "bell", "alarm"))
