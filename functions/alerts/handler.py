"""Every five minutes: what is not as it should be, and whether somebody knows."""

from collections.abc import Mapping
from typing import Any

from shared.deps import Deps
from shared.edge.job import Job
from shared.resilience.budget import Budget
from shared.uploads.incidents import look


def run(_: Mapping[str, Any], deps: Deps, __: Budget) -> dict[str, object]:
    """Who could not be told is told the next time."""
    looked = look(deps)
    return {"troubles": looked.troubles, "told": looked.told, "untold": looked.untold}


lambda_handler = Job(run, needs=("incidents", "alert_topic"))
