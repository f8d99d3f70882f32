"""Alerts: which figures are trouble, and how it is told, once when it begins and once when it is over."""

from collections.abc import Iterator
from dataclasses import dataclass

from shared.db.incident_facts import Incident, Measured, Trouble
from shared.deps import Deps
from shared.deps.oversight import AlertTerms
from shared.errors import AppError
from shared.log import log
from shared.metrics import emit
from shared.uploads.incident_words import subject_of, words_of


@dataclass(frozen=True, slots=True)
class Looked:
    """What one look came to."""

    troubles: int
    told: int
    untold: int


def look(deps: Deps) -> Looked:
    """Measure, judge, write down, and tell what nobody was told of yet."""
    measured = deps.incidents.measure(deps.alert_terms.alert_stuck_seconds)
    _emit(measured)
    troubles = list(judge(measured, deps.alert_terms))
    untold = deps.incidents.note(troubles, deps.alert_terms.alert_quiet_seconds)
    told = sum(_tell(incident, deps) for incident in untold)
    return Looked(len(troubles), told, len(untold) - told)


def judge(measured: Measured, terms: AlertTerms) -> Iterator[Trouble]:
    """Every figure beside what is expected of it."""
    ended = measured.failed + measured.stored
    failing, helping = _percent(measured.failed, ended), _percent(measured.recovered, measured.retried)
    if ended >= terms.alert_failure_least and failing > terms.alert_failure_percent:
        yield Trouble("permanent_failures", {"failed": measured.failed, "ended": ended, "percent": failing})
    if measured.retried >= terms.alert_retry_least and helping < terms.alert_retry_percent:
        yield Trouble(
            "retries_in_vain",
            {"succeeded": measured.recovered, "attempted": measured.retried, "percent": helping},
        )
    waiting = _unrecovered(measured)
    if waiting > terms.alert_unrecovered_percent:
        yield Trouble("unrecovered_transient", {"waiting": measured.unrecovered, "percent": waiting})
    yield from (Trouble(f"breaker_open:{name}", {"breaker": name}) for name in measured.open_breakers)
    yield from _counted(measured, terms)


def _counted(measured: Measured, terms: AlertTerms) -> Iterator[Trouble]:
    if measured.dead_news + measured.dead_deliveries > terms.alert_dead_letters:
        yield Trouble("dead_letters", {"news": measured.dead_news, "deliveries": measured.dead_deliveries})
    if measured.stuck_leases > terms.alert_stuck_leases:
        yield Trouble("stuck_leases", {"uploads": measured.stuck_leases})
    if measured.audit_stopped is not None:
        yield Trouble("audit_stopped", {"why": measured.audit_stopped})
    if measured.missing > 0:
        yield Trouble("photos_missing", {"photos": measured.missing})


def _tell(incident: Incident, deps: Deps) -> bool:
    """Told first, written down second: who dies between the two tells it again."""
    stage, words = deps.alert_terms.stage, words_of(incident, deps.public_url, deps.alert_terms)
    try:
        deps.alert_topic.publish(subject_of(incident, stage), words)
        deps.incidents.told(incident)
    except AppError as error:
        log.warning("alert.not_told", kind=incident.kind, code=error.code, detail=error.message, **error.facts)
        return False
    log.info("alert.told", kind=incident.kind, incident_id=incident.id, over=incident.ended_at is not None)
    return True


def _emit(measured: Measured) -> None:
    emit(
        PermanentFailureRate=_percent(measured.failed, measured.failed + measured.stored),
        UnrecoveredTransient=_unrecovered(measured),
    )
    # Where nothing was tried again, nothing was tried in vain.
    if measured.retried:
        emit(RetrySuccessRate=_percent(measured.recovered, measured.retried))


def _unrecovered(measured: Measured) -> float:
    return _percent(measured.unrecovered, measured.ended_in_week + measured.unrecovered)


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 2) if whole else 0.0
