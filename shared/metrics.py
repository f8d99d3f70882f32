"""Numbers for CloudWatch: one line in its embedded metric format, next to the log."""

import json
import sys
import time
from collections.abc import Mapping
from typing import Final

NAMESPACE: Final = "Keepsake"
UNITS: Final[Mapping[str, str]] = {
    "UploadLatency": "Milliseconds",
    "StoreLatency": "Milliseconds",
    "Retries": "Count",
    "Compensations": "Count",
    "BreakerState": "None",
    "Parked": "Count",
    "Orphans": "Count",
    "Missing": "Count",
    "AuditStopped": "Count",
    "RetryAttempted": "Count",
    "RetrySucceeded": "Count",
    "PermanentFailureRate": "Percent",
    "RetrySuccessRate": "Percent",
    "UnrecoveredTransient": "Percent",
}


def emit(**values: float) -> None:
    """Write what was measured; a name that is not in the table is a bug, and raises."""
    metrics = [{"Name": name, "Unit": UNITS[name]} for name in values]
    head = {
        "Timestamp": int(time.time() * 1000),
        "CloudWatchMetrics": [{"Namespace": NAMESPACE, "Dimensions": [["service"]], "Metrics": metrics}],
    }
    rounded = {name: round(value, 1) for name, value in values.items()}
    sys.stdout.write(json.dumps({"_aws": head, "service": "keepsake", **rounded}) + "\n")
