"""What an alert says: what is so, what should be so, where to look, and what to do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from shared.db.incident_facts import Incident
from shared.deps.oversight import AlertTerms


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of trouble. What is so and what should be so are filled in; the report shows more of it."""

    so: str
    expected: str
    report: str


# RUNBOOK.md has a section for each of them.
KINDS: Final[Mapping[str, Kind]] = {
    "permanent_failures": Kind(
        "{failed} of the {ended} uploads that ended in the last hour failed for good ({percent} %).",
        "at most {terms.alert_failure_percent:g} % of {terms.alert_failure_least} or more",
        "failures_by_provider_and_type",
    ),
    "retries_in_vain": Kind(
        "Of {attempted} uploads that were tried again in the last day, {succeeded} succeeded ({percent} %).",
        "at least {terms.alert_retry_percent:g} % of {terms.alert_retry_least} or more",
        "retry_health_7_days",
    ),
    "unrecovered_transient": Kind(
        "{waiting} uploads wait for more than a day for what should pass by itself: {percent} % of a week's.",
        "at most {terms.alert_unrecovered_percent:g} %",
        "pending_uploads",
    ),
    "breaker_open": Kind(
        "{breaker} is left alone: its calls failed. Uploads for it are parked, and wait.",
        "every breaker is closed",
        "failures_by_provider_and_type",
    ),
    "dead_letters": Kind(
        "{news} pieces of news, and {deliveries} deliveries to webhooks of the last day, are not tried any more.",
        "at most {terms.alert_dead_letters} together",
        "stuck_messages",
    ),
    "stuck_leases": Kind(
        "{uploads} uploads are held by somebody whose time is long over: the sweep does not get to them.",
        "at most {terms.alert_stuck_leases} that are over for {terms.alert_stuck_seconds} seconds",
        "stuck_leases",
    ),
    "audit_stopped": Kind("The last audit stopped itself: {why}", "every audit comes to its end", "orphan_history"),
    "photos_missing": Kind(
        "{photos} photos have a row, and their objects are not in their stores.",
        "every photo has its object",
        "orphan_history",
    ),
}


def kind_of(incident: Incident) -> str:
    """Its kind, less what it is about."""
    return incident.kind.partition(":")[0]


def subject_of(incident: Incident, stage: str) -> str:
    """What stands in an inbox."""
    return f"Keepsake {stage}: {'over: ' if incident.ended_at else ''}{incident.kind}"


def words_of(incident: Incident, public_url: str, terms: AlertTerms) -> str:
    """All of it, for whoever is woken up."""
    name = kind_of(incident)
    kind = KINDS[name]
    since = incident.began_at.strftime("%Y-%m-%d %H:%M UTC")
    until = f", over since {incident.ended_at.strftime('%Y-%m-%d %H:%M UTC')}" if incident.ended_at else ""
    last = "Last seen: " if incident.ended_at else ""
    page = f"{public_url.rstrip('/')}/api/admin/reports/{kind.report}"
    return "\n".join(
        (
            f"{last}{kind.so.format(**incident.facts)}",
            f"Expected: {kind.expected.format(terms=terms)}.",
            f"Look: {page} for one organisation, sql/ops/{kind.report}.sql for all.",
            f"Do: RUNBOOK.md, Alert: {name}.",
            f"Incident {incident.id}, since {since}{until}.",
        )
    )
