"""Who may have an audit made, and which one it is that they get."""

import json
from uuid import UUID, uuid4, uuid5

from shared.db.audit_records import Audit, AuditSource, AuditState
from shared.deps import Deps
from shared.errors import Forbidden, NotFound
from shared.photos import Caller, Role
from shared.resilience.budget import Budget
from shared.uploads.audit import run_audit, start_audit

SCOPE = "ops"
OPERATORS = frozenset({Role.ADMIN, Role.SERVICE})


def ask_for_audit(caller: Caller, key: str | None, deps: Deps, budget: Budget) -> tuple[Audit, bool]:
    """Begin an audit or go on with the one that runs, and say whether it had ended before it was asked for."""
    _insist_on_operator(caller, deps)
    wanted = _id_of(caller, key)
    before = deps.audits.find(wanted)
    if before is not None and before.state is not AuditState.RUNNING:
        return before, True
    audit_id = start_audit(wanted, AuditSource.MANUAL, deps)
    run_audit(deps, budget)
    audit = deps.audits.find(audit_id)
    if audit is None:
        raise NotFound("The audit went while you asked. Ask for another one.")
    return audit, False


def _insist_on_operator(caller: Caller, deps: Deps) -> None:
    """An audit is about the deployment, and so about every organisation: to be an admin of one is not enough."""
    if SCOPE not in caller.scopes:
        raise Forbidden(f"Only an operator of this deployment, whose token has the scope {SCOPE}, has audits made.")
    if deps.audits.role_of(caller) not in OPERATORS:
        raise Forbidden("Only an admin or a service of the organisation that your token names has audits made.")


def _id_of(caller: Caller, key: str | None) -> UUID:
    return uuid4() if key is None else uuid5(caller.org_id, json.dumps(["audit", caller.actor_id, key]))
