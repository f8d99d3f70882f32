"""What is amiss with one page of a store's list, beside what the ledger says of its names."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.db.audit_records import Finding, FindingKind, Known
from shared.media.listing import Held, HeldVersion
from shared.photos import AttemptState, StoreName
from shared.uploads.audit_place import Part


@dataclass(frozen=True, slots=True)
class Compared:
    """What a page came to."""

    findings: tuple[Finding, ...]
    found_again: tuple[UUID, ...]

    def count(self, kind: FindingKind) -> int:
        return sum(finding.kind is kind for finding in self.findings)


def compare(
    part: Part, held: tuple[Held, ...], listed: Mapping[str, Known], absent: list[Known], before: datetime
) -> Compared:
    """Judge every name of a page, and every photo that should have been in it.

    What changed after `before` is left alone: somebody may be at it.
    """
    page = [_Name(part, each, listed[part.owner_of(each.name)], before) for each in held]
    findings = [finding for name in page for finding in name.findings()]
    findings += [_finding(FindingKind.MISSING, part.store, known) for known in absent]
    again = [name.known.photo_id for name in page if name.known.was_missing and name.is_seen]
    return Compared(tuple(findings), tuple(filter(None, again)))


@dataclass(frozen=True, slots=True)
class _Name:
    """One name, in the store and in the ledger."""

    part: Part
    held: Held
    known: Known
    before: datetime

    @property
    def is_old(self) -> bool:
        return self.held.newest <= self.before

    @property
    def is_seen(self) -> bool:
        """Whether the version that the photo points at is there; where it points at none, any one."""
        pin, there = self.known.version, self.held.bytes_there
        if pin is None or self.part.store is not StoreName.S3:
            return bool(there)
        return any(version.id == pin for version in there)

    def findings(self) -> Iterator[Finding]:
        match self.known.state:
            case AttemptState.COMMITTED:
                yield from () if self.part.is_derived else self._of_a_photo()
            case AttemptState.REAPED:
                # It landed after the reaper was sure that nothing could.
                yield from self._amiss(FindingKind.CONDEMNED_THERE)
            case AttemptState.INTENT | AttemptState.CONDEMNED:
                if self.known.is_overdue and not self.known.is_parked:
                    yield from self._amiss(FindingKind.CONDEMNED_THERE)
            case None:
                yield from self._amiss(FindingKind.ORPHAN)

    def _amiss(self, kind: FindingKind) -> Iterator[Finding]:
        if self.is_old and self.held.bytes_there:
            yield self._finding(kind, self.held.bytes_there, state=self.known.state)

    def _of_a_photo(self) -> Iterator[Finding]:
        if not self.is_seen:
            # Whatever else has this name is all there is left to look into: it stays.
            others = [version.id for version in self.held.versions]
            yield _finding(FindingKind.MISSING, self.part.store, self.known).saying(others=others)
            return
        extra = tuple(version for version in self.held.versions if self._is_extra(version))
        if extra:
            yield self._finding(FindingKind.EXTRA_VERSION, extra, pinned=self.known.version)

    def _is_extra(self, version: HeldVersion) -> bool:
        pin = self.known.version
        return (
            self.part.store is StoreName.S3
            and pin is not None
            and version.id != pin
            and version.modified <= self.before
        )

    def _finding(self, kind: FindingKind, versions: tuple[HeldVersion, ...], **facts: object) -> Finding:
        return Finding(
            kind,
            self.part.store,
            self.held.name,
            self.known.photo_id,
            self.known.org_id,
            {
                "versions": [version.id for version in versions],
                "bytes": sum(version.size for version in versions),
                "last_modified": self.held.newest.isoformat(),
                **facts,
            },
        )


def _finding(kind: FindingKind, store: StoreName, known: Known) -> Finding:
    return Finding(kind, store, known.name, known.photo_id, known.org_id, {"version": known.version})
