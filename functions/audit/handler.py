"""Every night, and when an operator asks: objects and photos are compared, and what is old is forgotten."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from functions.audit.schemas import AuditRequest
from shared.db.audit_records import AuditSource, AuditState
from shared.deps import Deps
from shared.edge.endpoint import Endpoint
from shared.edge.job import Job
from shared.edge.parse import parse
from shared.edge.request import Request
from shared.edge.response import Response
from shared.resilience.budget import Budget
from shared.uploads.audit import run_audit, start_audit
from shared.uploads.audit_report import summary
from shared.uploads.audit_wish import ask_for_audit

NIGHTLY = "nightly"
PARTS = ("audits", "retention", "listed_stores", "stores", "direct_store")


def run(event: Mapping[str, Any], deps: Deps, budget: Budget) -> dict[str, object]:
    """At night one begins; in between, whatever has not ended goes on."""
    begun = start_audit(uuid4(), AuditSource.SCHEDULE, deps) if event.get("trigger") == NIGHTLY else None
    audit = run_audit(deps, budget)
    return {"begun": begun is not None, "went_on": audit is not None}


def post_audit(request: Request, deps: Deps) -> Response:
    """POST /api/v1/audit: it runs until it is done, or as long as a request may take; ask again to go on."""
    caller = request.caller
    parse(AuditRequest, request.json() if request.raw_body else {})
    audit, replayed = ask_for_audit(caller, request.idempotency_key, deps, request.budget)
    status = 202 if audit.state is AuditState.RUNNING else 200
    return Response(status, summary(audit, deps), {"Idempotency-Replayed": "true"} if replayed else {})


lambda_handler = Job(run, needs=PARTS)
# Deployed by itself: a client does not wait for as long as a night has.
http_handler = Endpoint({"POST /api/v1/audit": post_audit}, needs=PARTS)
