"""What an audit says in the end: a summary for whoever asked, and a line for every finding."""

import json
from collections.abc import Iterator, Mapping
from hashlib import md5, sha256
from typing import Any, Final

from shared.db.audit_records import Audit, AuditState, Finding, FindingKind
from shared.deps import Deps
from shared.photos import Asset, StoreName
from shared.resilience.budget import Budget
from shared.uploads.audit_place import Place

FOLDER: Final = "reports/audit"
NAMES: Final[Mapping[FindingKind, str]] = {
    FindingKind.ORPHAN: "orphans",
    FindingKind.MISSING: "missing",
    FindingKind.EXTRA_VERSION: "extra_versions",
    FindingKind.CONDEMNED_THERE: "condemned_there",
}


def counts_of(audit: Audit, deps: Deps, place: Place | None = None) -> dict[str, Any]:
    """Count what is amiss, what there is, and what retention took away."""
    place = place or Place.of(audit.cursor)
    tally = deps.audits.tally(audit)
    counts: dict[str, Any] = {name: tally.get(kind, 0) for kind, name in NAMES.items()}
    counts |= {"objects": place.objects, "rows": place.rows}
    return {**counts, "retention": dict(place.swept)} if place.swept else counts


def summary(audit: Audit, deps: Deps) -> dict[str, Any]:
    """Say how an audit stands, or how it ended."""
    ended = audit.state is not AuditState.RUNNING
    return {
        "audit_id": audit.id,
        "state": audit.state,
        **(audit.counts if ended else counts_of(audit, deps)),
        **({"stopped": audit.stopped} if audit.stopped else {}),
        "report": deps.direct_store.canonical(audit.report_key) if audit.report_key else None,
    }


def write_report(audit: Audit, counts: Mapping[str, Any], stopped: str | None, deps: Deps, budget: Budget) -> str:
    """Keep it in our bucket, and say where. Written twice, it has the same bytes."""
    key = f"{FOLDER}/{audit.id}.ndjson"
    body = "".join(f"{json.dumps(line, default=str)}\n" for line in _lines(audit, counts, stopped, deps)).encode()
    asset = Asset(
        body=body,
        source_url=None,
        mime="application/x-ndjson",
        size=len(body),
        sha256=sha256(body).hexdigest(),
        md5=md5(body, usedforsecurity=False).hexdigest(),
    )
    deps.store(StoreName.S3).put(key, asset, budget)
    return key


def _lines(
    audit: Audit, counts: Mapping[str, Any], stopped: str | None, deps: Deps
) -> Iterator[Mapping[str, object]]:
    for finding in deps.audits.findings(audit):
        yield _line(finding)
    yield {"kind": "summary", "audit_id": audit.id, "source": audit.source, **counts, "stopped": stopped}


def _line(finding: Finding) -> Mapping[str, object]:
    ids = {"photo_id": finding.photo_id, "org_id": finding.org_id}
    return {
        "kind": finding.kind,
        "store": finding.store,
        "object_name": finding.object_name,
        **{name: value for name, value in ids.items() if value},
        **finding.facts,
    }
