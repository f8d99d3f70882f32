"""What admins are shown of their organisation: a report by its name, and the uploads that failed."""

from dataclasses import dataclass
from typing import Final

from shared.db.report_facts import FailedUpload, FailureFilters, Table
from shared.deps import Deps
from shared.photos import Caller
from shared.uploads import cursor as cursors

MOST_ROWS: Final = 1_000


@dataclass(frozen=True, slots=True)
class FailurePage:
    """Some failures, and the cursor for more, if there are more."""

    uploads: tuple[FailedUpload, ...]
    next_cursor: str | None


def read_report(caller: Caller, name: str, deps: Deps) -> Table:
    """As many rows as anybody reads."""
    return deps.reports.read(caller, name, MOST_ROWS)


def list_failures(caller: Caller, filters: FailureFilters, limit: int, cursor: str | None, deps: Deps) -> FailurePage:
    """One page in one round trip; one more row than asked for tells whether there is another page."""
    this = (str(caller.org_id), *map(str, filters.params().values()))
    after = None if cursor is None else cursors.decode(cursor, this)
    found = deps.failures.page(caller, filters, after=after, limit=limit + 1)
    page = tuple(found[:limit])
    more = len(found) > limit
    return FailurePage(page, cursors.encode((page[-1].at, page[-1].id), this) if more else None)
