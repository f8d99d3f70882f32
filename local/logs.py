"""`python -m local.logs`: what the functions of the running stack wrote, the newest last."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from local.aws import READY_PATH, Aws
from local.home import home_of
from local.ready import answers

GROUPS = "/aws/lambda/"
# What Lambda itself writes around every call.
FRAME = ("START RequestId:", "END RequestId:", "REPORT RequestId:")


def main(home: Path) -> int:
    """Print every line, with the function's name before it."""
    try:
        endpoint = json.loads((home / "stack.json").read_text())["s3_endpoint"]
    except FileNotFoundError:
        endpoint = ""
    if not endpoint or not answers(int(endpoint.rsplit(":", 1)[1]), READY_PATH):
        print(f"No stack is running on {home}. Start it with `make run`.", file=sys.stderr)
        return 1
    for _moment, name, message in sorted(lines(Aws(endpoint))):
        print(f"{name}  {message}")
    return 0


def lines(aws: Aws) -> Iterator[tuple[int, str, str]]:
    """When, which function, what it wrote."""
    logs = aws.client("logs")
    for group in logs.describe_log_groups(logGroupNamePrefix=GROUPS)["logGroups"]:
        name = group["logGroupName"].removeprefix(GROUPS)
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"])
        for event in (event for page in pages for event in page["events"]):
            if not event["message"].startswith(FRAME):
                yield event["timestamp"], name, event["message"].rstrip()


if __name__ == "__main__":
    sys.exit(main(home_of(os.environ)))
