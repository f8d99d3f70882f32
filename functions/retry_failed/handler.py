"""Failed uploads are tried again: every ten minutes, each night, when an alarm rings, and when a person asks."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from functions.retry_failed.schemas import RetryRequest, run_view
from shared.db.retry_facts import RetryRun
from shared.deps import Deps
from shared.edge.endpoint import Endpoint
from shared.edge.job import Job
from shared.edge.json_body import parse_json
from shared.edge.parse import parse
from shared.edge.queue import consume
from shared.edge.request import Request
from shared.edge.response import Response
from shared.errors import BadRequest
from shared.log import log
from shared.resilience.budget import Budget
from shared.uploads.retry_run import Stop, Tally, run_logged
from shared.uploads.retry_wish import Wish, grant

NIGHTLY = "nightly"
# So many at a time are pulled forward, in a time that one statement may take.
MOST_PULLED = 5_000
PARTS = (
    *("ledger", "parking", "retries", "direct_store", "stores", "bell", "alarm", "limits"),
    # What is imported has no bytes of ours: it is fetched once more.
    *("venues", "fetcher", "vet", "import_pause"),
)


def run(event: Mapping[str, Any], deps: Deps, budget: Budget) -> dict[str, object]:
    """An alarm names uploads, or none for all; the ledger says which of them are due."""
    if "Records" in event:
        return consume(event, lambda record, parts: _woken(_named(record), parts, budget), deps)
    trigger = NIGHTLY if event.get("trigger") == NIGHTLY else None
    if trigger:
        log.info("retry.pulled_forward", count=deps.retries.pull_forward(MOST_PULLED))
    tally, _ = run_logged(RetryRun("schedule", trigger=trigger), deps, budget)
    _go_on_later(tally, (), deps)
    return {"attempted": tally.attempted, "succeeded": tally.success, "failed": tally.failed}


def _woken(named: list[UUID], deps: Deps, budget: Budget) -> None:
    tally, _ = run_logged(RetryRun("event", trigger="alarm"), deps, budget, only=named or None)
    _go_on_later(tally, named, deps)


def _go_on_later(tally: Tally, named: list[UUID] | tuple[()], deps: Deps) -> None:
    """What a run had no time for, another goes on with at once."""
    rest = tally.left_of(named)
    if tally.stopped is Stop.TIME and (rest or not named):
        deps.alarm.ring_for(rest)


def _named(record: Mapping[str, Any]) -> list[UUID]:
    said = parse_json(record["body"].encode())
    try:
        if isinstance(said, dict):
            named = said["upload_ids"] if "upload_ids" in said else [said["upload_id"]]
            return [UUID(upload_id) for upload_id in named]
    except (KeyError, TypeError, ValueError, AttributeError):
        pass
    raise BadRequest("An alarm must name its uploads: upload_id, or upload_ids, of which there may be none.")


def retry_failed(request: Request, deps: Deps) -> Response:
    """POST /api/v1/retry-failed."""
    caller = request.caller
    asked = parse(RetryRequest, request.json() if request.raw_body else {})
    if asked.dry_run:
        found = deps.retries.look(caller, asked.chosen, asked.limit)
        told = {"dry_run": True, "matched": found.matched, "by_class": found.by_class, "by_type": found.by_type}
        return Response(200, {**told, "uploads": found.uploads})
    wish = Wish(asked.chosen, asked.limit, asked.source, asked.trigger)
    granted = grant(caller, wish, request.idempotency_key, deps, request.budget)
    replayed = {"Idempotency-Replayed": "true"} if granted.replayed else {}
    return Response(200, run_view(granted.run), replayed)


lambda_handler = Job(run, needs=PARTS)
# Deployed by itself: what is asked for by a person sees no more than that person's organisation.
http_handler = Endpoint({"POST /api/v1/retry-failed": retry_failed}, needs=PARTS)
