"""The pivot and its opposite in memory: what `shared.db.commits` decides, each as one step."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from shared.photos import AttemptState, Commit, Loss, Reply, Standing, Twin, UploadState
from tests.crash.simulation.rules import Rules
from tests.crash.simulation.tables import AttemptRow, OutboxRow, PhotoRow, StopRow, Tables, UploadRow, intents_of


@dataclass(slots=True)
class Commits:
    """Decides, for ever, whether an attempt counts."""

    tables: Tables
    rules: Rules
    clock: Callable[[], float]
    new_id: Callable[[], UUID]

    def commit(self, commit: Commit) -> Reply | Twin | None:
        attempt, now = self.tables.attempts[commit.attempt.id], self.clock()
        if not self.rules.may_commit(attempt):
            return None
        upload = attempt.upload
        same = self.tables.twin_of(upload.org_id, upload.target, commit.stored.sha256)
        if same and same.attempt and same.attempt.id not in (commit.seen, commit.gone):
            return same.as_twin()
        broken = same if same and same.attempt and same.attempt.id == commit.gone else None
        twin, newer = None if broken else same, self._newer(upload)
        other = twin or newer
        attempt.sha256, attempt.version, attempt.ref = commit.stored.sha256, commit.stored.version, commit.stored.ref
        self.tables.move(attempt, AttemptState.CONDEMNED if other else AttemptState.COMMITTED, now)
        stop = None if other else self._write_photo(attempt, commit, broken, now)
        self.tables.give_up(intents_of(upload), now)
        upload.reply = Reply(commit.reply.status, _body(commit, upload, twin, newer, broken, stop))
        upload.state, upload.photo_id = UploadState.COMMITTED, (other or broken or upload).id
        upload.lease_until = upload.next_retry_at = upload.parked_key = upload.failure = None
        return upload.reply

    def condemn(self, attempt_id: UUID, loss: Loss) -> bool:
        attempt = self.tables.attempts[attempt_id]
        upload, final = attempt.upload, loss.reply is not None
        if not self.rules.condemns_first():
            return True
        if not self.rules.may_condemn(attempt) or (attempt.object_name == upload.parked_key and not final):
            return False
        speaks = upload.attempt_no == attempt.number and upload.state is UploadState.OPEN
        spared = upload.parked_key if loss.keep_parked or not final else None
        others = [a for a in intents_of(upload) if a is not attempt and a.object_name != spared]
        lets_go = speaks and (not loss.keep_lease or final)
        self.tables.give_up([attempt, *(others if lets_go else ())], self.clock(), loss.detail)
        if speaks:
            self._tell(upload, loss, spared)
        return True

    def standing(self, attempt_id: UUID) -> Standing:
        attempt = self.tables.attempts[attempt_id]
        return Standing(attempt.state, attempt.upload.state, attempt.upload.reply)

    def _newer(self, upload: UploadRow) -> PhotoRow | None:
        stop = self.tables.stops.get(_stop_of(upload))
        return self.tables.photos[stop.photo_id] if stop and stop.seq > upload.seq else None

    def _write_photo(
        self, attempt: AttemptRow, commit: Commit, broken: PhotoRow | None, now: float
    ) -> StopRow | None:
        upload = attempt.upload
        if broken and broken.attempt:
            self.tables.give_up([broken.attempt], now)
            broken.attempt, broken.seq = attempt, max(broken.seq, upload.seq)
            self._tell_news(upload, broken, now)
            return None
        photo = PhotoRow(upload.id, upload.org_id, upload.target, attempt, upload.seq, commit.stored.sha256)
        self.tables.photos[photo.id] = photo
        self._tell_news(upload, photo, now)
        if upload.target.team_id is None:
            return None
        before = self.tables.stops.get(_stop_of(upload))
        if before:
            self._replace(self.tables.photos[before.photo_id], photo, now)
        stop = StopRow(photo.id, upload.seq, commit.photo_url, now)
        self.tables.stops[_stop_of(upload)] = stop
        return stop

    def _tell_news(self, upload: UploadRow, photo: PhotoRow, now: float) -> None:
        number = len(self.tables.outbox) + 1
        self.tables.outbox[number] = OutboxRow(number, self.new_id(), upload.org_id, photo.id, now)

    def _replace(self, old: PhotoRow, photo: PhotoRow, now: float) -> None:
        if old.attempt is None:
            return
        self.tables.give_up([old.attempt], now)
        old.attempt, old.replaced_by = None, photo.id

    def _tell(self, upload: UploadRow, loss: Loss, spared: str | None) -> None:
        upload.failure = (loss.failure_class, loss.failure_type, loss.detail)
        upload.tries = max(0, upload.tries - (loss.failure_class == "outage"))
        comes_back = loss.reply is None and loss.retry_in is not None
        upload.next_retry_at = self.clock() + (loss.retry_in or 0) if comes_back else None
        if not loss.keep_lease or loss.reply is not None:
            upload.lease_until = None
        if loss.reply is not None:
            upload.state, upload.reply, upload.parked_key = UploadState.FAILED, loss.reply, spared


def _stop_of(upload: UploadRow) -> tuple[UUID | None, UUID | None]:
    return upload.target.team_id, upload.target.location_id


def _body(  # noqa: PLR0917 - everything that the reply is made of
    commit: Commit,
    upload: UploadRow,
    twin: PhotoRow | None,
    newer: PhotoRow | None,
    broken: PhotoRow | None,
    stop: StopRow | None,
) -> dict[str, object]:
    other = twin or newer
    progress = {
        "team_id": str(upload.target.team_id),
        "location_id": str(upload.target.location_id),
        "photo_url": stop.photo_url if stop else None,
        "done": True,
    }
    return {
        **commit.reply.body,
        **(_place(other.attempt) if other else {}),
        "photo_id": str((other or broken or upload).id),
        "upload_id": str(upload.id),
        "duplicate": twin is not None,
        "superseded": newer is not None,
        "repaired": True if broken else None,
        "hunt_progress": progress if stop else None,
    }


def _place(kept: AttemptRow | None) -> dict[str, object]:
    """Where the photo lies that is kept instead."""
    if kept is None:
        return dict.fromkeys(("store", "object_name", "version", "asset_id", "display_url"))
    return {
        "store": kept.store,
        "object_name": kept.object_name,
        "version": kept.version,
        "asset_id": kept.ref.get("asset_id"),
        "display_url": kept.ref.get("secure_url"),
    }
