"""What is done about a finding, after a second look: marked, removed where the ledger allows it, or forgotten."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from shared.db.audit_records import Finding, FindingKind, Known
from shared.deps import Deps
from shared.log import log
from shared.media.listing import Held, HeldVersion, ListedStore
from shared.photos import AttemptState
from shared.uploads.audit_place import PARTS

# Of what is looked at again, only names and versions matter.
LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)

Settled = Finding | None


def settle(finding: Finding, store: ListedStore, deps: Deps) -> Settled:
    """Deal with it, and say what became of it. None: it is not so any more."""
    return ACTS[finding.kind](finding, store, deps)


def _orphan(finding: Finding, store: ListedStore, deps: Deps) -> Settled:
    """Nobody deletes what the ledger has never heard of: it may be the ledger that forgot."""
    if _known(finding, deps).state is not None:
        return None
    store.quarantine(_held(finding, finding.facts["versions"]))
    return finding.saying(quarantined=True)


def _missing(finding: Finding, store: ListedStore, deps: Deps) -> Settled:
    if store.look(finding.object_name, finding.facts["version"]) is not None:
        return None
    if not deps.audits.mark_missing(finding):
        return None
    log.warning("audit.missing", photo_id=finding.photo_id, object_name=finding.object_name, store=finding.store)
    return finding


def _extra_version(finding: Finding, store: ListedStore, deps: Deps) -> Settled:
    """Never the one that the photo points at, and none while it is not sure which one that is."""
    known, pin = _known(finding, deps), finding.facts["pinned"]
    if known.state is not AttemptState.COMMITTED or known.version != pin or store.look(known.name, pin) is None:
        return None
    store.remove(_held(finding, [each for each in finding.facts["versions"] if each != pin]))
    return finding.saying(removed=True)


def _condemned_there(finding: Finding, store: ListedStore, deps: Deps) -> Settled:
    """The reaper's own are the reaper's; what it has forgotten by now is removed as it would have done."""
    state = _known(finding, deps).state
    if state in {None, AttemptState.COMMITTED}:
        return None
    if state is AttemptState.REAPED:
        store.remove(_held(finding, finding.facts["versions"]))
        return finding.saying(removed=True, state=state)
    log.warning("audit.not_reaped", object_name=finding.object_name, store=finding.store, state=state)
    return finding.saying(state=state)


def _known(finding: Finding, deps: Deps) -> Known:
    name = finding.object_name
    part = next(each for each in reversed(PARTS) if each.store is finding.store and name.startswith(each.under))
    owner = part.owner_of(name)
    listed, _ = deps.audits.compare([owner], None if part.is_derived else part.store)
    return listed[owner]


def _held(finding: Finding, versions: Sequence[str]) -> Held:
    return Held(finding.object_name, tuple(HeldVersion(each, LONG_AGO) for each in versions))


ACTS: Final[Mapping[FindingKind, Callable[[Finding, ListedStore, Deps], Settled]]] = {
    FindingKind.ORPHAN: _orphan,
    FindingKind.MISSING: _missing,
    FindingKind.EXTRA_VERSION: _extra_version,
    FindingKind.CONDEMNED_THERE: _condemned_there,
}
