"""The reader in memory: what became of an upload, as `shared.db.photos` reads it back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from shared.photos import Caller, PhotoRecord, PhotoStatus, Role, Upload
from tests.crash.simulation.memory_claims import Tenants
from tests.crash.simulation.tables import PhotoRow, Tables, UploadRow, attempt_of, intents_of

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)


def moment(seconds: float) -> datetime:
    """The simulation's clock as a date."""
    return BEGINNING + timedelta(seconds=seconds)


@dataclass(slots=True)
class Photos:
    """Reads back what became of uploads."""

    tables: Tables
    tenants: Tenants
    clock: Callable[[], float]

    def find(self, caller: Caller, upload_id: UUID) -> Upload | None:
        row = self.tables.uploads.get(upload_id)
        role = self.tenants.members.get((caller.org_id, caller.actor_id))
        return self._upload(row, role) if row and role and row.org_id == caller.org_id else None

    def find_any(self, upload_id: UUID) -> Upload | None:
        row = self.tables.uploads.get(upload_id)
        return self._upload(row, Role.SERVICE) if row else None

    def find_by_object(self, object_name: str) -> Upload | None:
        attempt = self.tables.by_name.get(object_name)
        return self._upload(attempt.upload, Role.SERVICE) if attempt else None

    def _upload(self, row: UploadRow, role: Role) -> Upload:
        photo = self.tables.photos.get(row.photo_id) if row.photo_id else None
        failure = row.failure or (None, None, None)
        return Upload(
            id=row.id,
            org_id=row.org_id,
            role=role,
            door=row.door,
            state=row.state,
            target=row.target,
            target_store=row.store,
            declared=row.declared,
            created_at=BEGINNING,
            lease_over=row.lease_until is None or row.lease_until < self.clock(),
            parked=row.parked_key is not None,
            intents=tuple(attempt_of(attempt) for attempt in reversed(intents_of(row))),
            reply=row.reply,
            photo=_photo(photo) if photo else None,
            failure_class=failure[0],
            failure_type=failure[1],
            failure_detail=failure[2],
            tries=row.tries,
            next_retry_at=None if row.next_retry_at is None else moment(row.next_retry_at),
        )


def _photo(row: PhotoRow) -> PhotoRecord:
    attempt = row.attempt
    return PhotoRecord(
        id=row.id,
        status=PhotoStatus.UPLOADED,
        file_name="a.jpg",
        size=1,
        sha256=row.sha256,
        mime="image/jpeg",
        width=1,
        height=1,
        exif={},
        exif_warnings=(),
        uploaded_at=BEGINNING,
        processing_at=None,
        completed_at=None,
        failed_at=None,
        deleted_at=None if attempt else BEGINNING,
        store=attempt.store if attempt else None,
        object_name=attempt.object_name if attempt else None,
        version=attempt.version if attempt else None,
        ref={},
    )
