"""The audit: does every object have its row, and every photo its object? It reads first, and acts on little."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from shared.db.audit_records import Audit, AuditSource, Finding, FindingKind
from shared.deps import Deps
from shared.errors import AppError, StoreRefused
from shared.log import log
from shared.media.listing import ListedStore, ListPage
from shared.metrics import emit
from shared.resilience.budget import Budget
from shared.uploads.audit_compare import Compared, compare
from shared.uploads.audit_doubt import MOST_FINDINGS, is_in_order, why_to_stop
from shared.uploads.audit_meter import DayIsOver, Meter
from shared.uploads.audit_place import LIST, PARTS, REPORT, RETAIN, SETTLE, Place
from shared.uploads.audit_report import counts_of, write_report
from shared.uploads.audit_settle import settle
from shared.uploads.retention import RULES, retain

# Longer than the function may run: a killed invocation cannot come back and write.
LEASE: Final = 330
# What one more step may take, at the worst: nothing is begun that could be cut off.
ONE_STEP: Final = 5.0

Clock = Callable[[], datetime]


def start_audit(audit_id: UUID, source: AuditSource, deps: Deps) -> UUID:
    """Begin one, unless one runs already; say which one it is now."""
    return deps.audits.start(audit_id, source)


def run_audit(deps: Deps, budget: Budget, clock: Clock = lambda: datetime.now(UTC)) -> Audit | None:
    """Go on with the audit that runs, if one does and nobody else is at it, as far as the time allows."""
    audit = deps.audits.take(LEASE)
    if audit is None:
        return None
    log.bind(audit_id=audit.id)
    work = _Work(audit, deps, budget, clock)
    try:
        work.go_on()
    except DayIsOver:
        log.info("audit.tomorrow", calls=work.meter.calls)
    except AppError as error:
        log.warning("audit.later", code=error.code, detail=error.message, **error.facts)
    finally:
        work.leave()
    return audit


class _Work:
    """One invocation's share of an audit."""

    def __init__(self, audit: Audit, deps: Deps, budget: Budget, clock: Clock) -> None:
        self.audit = audit
        self.place = Place.of(audit.cursor)
        self.meter = Meter.of(audit.cursor, clock().date(), deps.audit_terms.audit_admin_calls)
        self._deps = deps
        self._budget = budget
        self._clock = clock
        self._goes_on = True

    def go_on(self) -> None:
        if self.audit.is_overdue:
            self.place = self.place.stop("It did not come to an end within a week.")
        steps: Mapping[str, Callable[[], None]] = {
            LIST: self._list,
            SETTLE: self._settle,
            RETAIN: self._retain,
            REPORT: self._report,
        }
        while self._goes_on and self._budget.allows(ONE_STEP):
            steps[self.place.step]()

    def leave(self) -> None:
        if self._goes_on:
            self._deps.audits.leave(self.audit, self._cursor())

    @property
    def _store(self) -> ListedStore | None:
        return self._deps.listed_stores.get(PARTS[self.place.part].store)

    def _list(self) -> None:
        store, place = self._store, self.place
        if store is None:
            self._save(self._next_part())
            return
        part = PARTS[place.part]
        self.meter.spend(store)
        page = store.page(part.prefix(self._deps.audit_terms.stage), place.onward)
        if not is_in_order(page, place):
            self._save(place.stop(f"The list of {part.store} is not sorted by name, so nothing can be compared."))
            return
        compared, rows, absent = self._compared(page)
        self._deps.audits.found_again(compared.found_again)
        self._save(self._further(page, compared, rows, absent), compared)

    def _compared(self, page: ListPage) -> tuple[Compared, int, int]:
        """What the page came to, how many photos it was about, and how many of them were not in it."""
        part, place = PARTS[self.place.part], self.place
        prefix = part.prefix(self._deps.audit_terms.stage)
        # "0" is what comes after "/": no name that begins with the prefix is behind it.
        until = (page.held[-1].name if page.held else place.after) if page.onward else f"{prefix[:-1]}0"
        listed, absent = self._deps.audits.compare(
            {part.owner_of(held.name) for held in page.held},
            None if part.is_derived else part.store,
            after=place.after or prefix,
            until=until,
            most=MOST_FINDINGS + 1,
        )
        before = self._clock() - timedelta(seconds=self._deps.audit_terms.audit_grace_seconds)
        rows = 0 if part.is_derived else len(absent) + sum(each.photo_id is not None for each in listed.values())
        return compare(part, page.held, listed, absent, before), rows, len(absent)

    def _further(self, page: ListPage, compared: Compared, rows: int, absent: int) -> Place:
        place = self.place
        place = replace(
            place,
            onward=dict(page.onward or {}),
            after=page.held[-1].name if page.held else place.after,
            names=place.names + len(page.held),
            absent=place.absent + absent,
            orphans=place.orphans + compared.count(FindingKind.ORPHAN),
            missing=place.missing + compared.count(FindingKind.MISSING),
            objects=place.objects + len(page.held),
            rows=place.rows + rows,
            found=place.found + len(compared.findings),
        )
        why = why_to_stop(place, is_over=page.onward is None)
        if why:
            return place.stop(why)
        return place if page.onward else replace(place, step=SETTLE)

    def _settle(self) -> None:
        findings = self._deps.audits.unsettled(self.audit)
        for finding in findings:
            if not self._budget.allows(ONE_STEP):
                return
            store = self._deps.listed_stores[finding.store]
            if finding.kind is FindingKind.MISSING:
                self.meter.spend(store)
            self._record(finding, _settled(finding, store, self._deps))
        self._save(self.place if findings else self._next_part())

    def _record(self, finding: Finding, settled: Finding | None) -> None:
        if settled is None:
            self._deps.audits.drop(self.audit, finding)
        else:
            self._deps.audits.settle(self.audit, settled)

    def _retain(self) -> None:
        """Old rows go last, and only when ledger and stores agree: they are what an audit can be sure of."""
        self._save(
            retain(self.place, self._deps) if self.place.rule < len(RULES) else replace(self.place, step=REPORT)
        )

    def _report(self) -> None:
        counts, stopped = counts_of(self.audit, self._deps, self.place), self.place.stopped
        key = write_report(self.audit, counts, stopped, self._deps, self._budget)
        self._goes_on = False
        if not self._deps.audits.end(self.audit, counts, key, stopped):
            return
        emit(Orphans=counts["orphans"], Missing=counts["missing"], AuditStopped=int(stopped is not None))
        tell = log.warning if stopped or counts["orphans"] or counts["missing"] else log.info
        retention = counts.pop("retention", {})
        tell("audit.ended", stopped=stopped, report_key=key, **counts, **retention)

    def _next_part(self) -> Place:
        return self.place.next_part(retains=self.audit.source is AuditSource.SCHEDULE)

    def _save(self, place: Place, compared: Compared | None = None) -> None:
        self.place = place
        found = compared.findings if compared else ()
        # Whoever lost the lease says nothing any more: another one goes on from what was saved last.
        self._goes_on = self._deps.audits.save(self.audit, self._cursor(), LEASE, found)

    def _cursor(self) -> dict[str, object]:
        return {**self.place.cursor(), **self.meter.cursor()}


def _settled(finding: Finding, store: ListedStore, deps: Deps) -> Finding | None:
    try:
        return settle(finding, store, deps)
    except StoreRefused as error:
        # The store will say so again tomorrow: one name must not keep an audit from its end.
        return finding.saying(error=error.message)
