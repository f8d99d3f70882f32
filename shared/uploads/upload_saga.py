"""The upload as a table of steps: store, verify, commit, publish; and what takes each of them back."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from shared.deps import Deps
from shared.errors import AppError, OutcomeUnknown
from shared.faults import Point, point
from shared.log import log
from shared.media.verify import verify
from shared.metrics import emit
from shared.photos import (
    Asset,
    Attempt,
    AttemptState,
    Caller,
    Commit,
    Door,
    ImageFacts,
    Intention,
    Loss,
    Reply,
    StoredObject,
    StoreName,
)
from shared.resilience.budget import Budget
from shared.saga import Pivot, Step, TurnedOutDone
from shared.uploads.facts import stored_facts, target_key
from shared.uploads.pivot import pass_pivot
from shared.uploads.publish import ring
from shared.uploads.schedule import MOST_TRIES
from shared.uploads.tries import loss_of
from shared.uploads.verdicts import told_again

PARKING_SECONDS = 8.0


@dataclass(frozen=True, slots=True)
class Upload:
    """One try at one upload, on its way through the table."""

    caller: Caller
    intention: Intention
    attempt: Attempt
    asset: Asset
    image: ImageFacts
    budget: Budget
    retry_in: float | None = None
    tries: int = 0
    most_tries: int = MOST_TRIES
    breaker: Mapping[str, object] | None = None
    completed_at: datetime | None = None
    stored: StoredObject | None = None
    reply: Reply | None = None

    @property
    def parks(self) -> bool:
        """Whether our S3 can help out when the store fails: not for what is parked, nor when S3 is that store."""
        return self.retry_in is None and self.attempt.store is not StoreName.S3

    @property
    def held(self) -> StoredObject:
        """What the store said it holds; there is no later step without it."""
        if self.stored is None:
            raise OutcomeUnknown("The store has not said what it holds.")
        return self.stored


def store_asset(upload: Upload, deps: Deps) -> Upload:
    """Give the bytes to the store, under the name that only this attempt may use."""
    point(Point.STORE_BEFORE)
    stored = deps.store(upload.attempt.store).put(
        upload.attempt.object_name, upload.asset, _time_for_the_store(upload), known=upload.breaker
    )
    point(Point.STORE_AFTER)
    return replace(upload, stored=stored)


def _time_for_the_store(upload: Upload) -> Budget:
    # Whoever may have to park must still have the time for it when the store has used up all of its own.
    return upload.budget.reserving(PARKING_SECONDS) if upload.parks else upload.budget


def verify_asset(upload: Upload, _: Deps) -> Upload:
    """Believe nothing but what the store says it holds, byte for byte."""
    held = upload.held
    verify(upload.asset, held, upload.attempt.object_name)
    point(Point.VERIFY_AFTER)
    # A store that tells only an MD5 has proved by it that it holds these very bytes.
    return replace(upload, stored=replace(held, sha256=held.sha256 or upload.asset.sha256))


def commit_photo(upload: Upload, deps: Deps) -> Upload:
    """The pivot. Whoever else decided this attempt meanwhile, their outcome is ours."""
    point(Point.COMMIT_BEFORE)
    source = upload.intention.source
    reply = pass_pivot(
        Commit(
            attempt=upload.attempt,
            target_key=target_key(upload.intention.target, upload.held.sha256, source.url if source else None),
            stored=upload.held,
            image=upload.image,
            reply=Reply(200 if upload.intention.door is Door.DIRECT else 201, _facts(upload)),
            photo_url=lasting_url(upload.held, deps),
            completed_at=upload.completed_at,
        ),
        deps,
    )
    point(Point.COMMIT_AFTER)
    if reply is None:
        reply = _settled(upload, deps)
    log.info("upload.committed", **_outcome(reply))
    return replace(upload, reply=reply)


def _outcome(reply: Reply) -> dict[str, object]:
    """What came of it, and which fields of the hunt's progress were written."""
    progress = reply.body.get("hunt_progress")
    written = sorted(progress.keys() - {"team_id", "location_id"}) if isinstance(progress, dict) else []
    return {
        "duplicate": reply.body.get("duplicate"),
        "superseded": reply.body.get("superseded"),
        "hunt_progress": ",".join(written),
    }


def lasting_url(stored: StoredObject, deps: Deps) -> str:
    """An address that does not grow old: where a store gives none, the name under which programs find it."""
    return stored.ref.get("secure_url") or deps.direct_store.canonical(stored.name)


def _facts(upload: Upload) -> dict[str, object]:
    return stored_facts(upload.intention.target, upload.intention.declared, upload.held, upload.image)


def publish_photo(upload: Upload, deps: Deps) -> Upload:
    """Ring the bell; the news itself is in the outbox since the commit."""
    ring(deps)
    point(Point.PUBLISH_AFTER)
    return upload


def condemn_asset(upload: Upload, deps: Deps, error: AppError) -> None:
    """Mark the attempt as lost, then delete what it may have left. If it was committed after all, that is the end."""
    point(Point.CONDEMN_BEFORE)
    lost = deps.ledger.condemn(upload.attempt.id, _loss(upload, error))
    point(Point.CONDEMN_AFTER)
    if not lost:
        raise TurnedOutDone(replace(upload, reply=_settled(upload, deps)))
    emit(Compensations=1)
    log.info("upload.condemned", code=error.code, detail=error.message, object_name=upload.attempt.object_name)
    _delete_at_once(upload, deps)


def _loss(upload: Upload, error: AppError) -> Loss:
    # Who has nothing parked yet will park now, and needs the lease for it.
    return loss_of(
        error,
        tries=upload.tries,
        most_tries=upload.most_tries,
        retry_in=upload.retry_in,
        keep_lease=upload.parks,
    )


def _delete_at_once(upload: Upload, deps: Deps) -> None:
    # Only to be tidy early: the reaper keeps looking, whatever happens here, and in our bucket it alone may delete.
    # A store that gave no answer is not waited for again: what time is left belongs to parking.
    if upload.attempt.store is StoreName.S3 or upload.stored is None:
        return
    try:
        deps.store(upload.attempt.store).delete(upload.attempt.object_name)
    except AppError as error:
        log.info("upload.left_to_the_reaper", object_name=upload.attempt.object_name, code=error.code)
    point(Point.DELETE_AFTER)


def _settled(upload: Upload, deps: Deps) -> Reply:
    standing = deps.ledger.standing(upload.attempt.id)
    if standing.reply:
        return told_again(standing.reply)
    if standing.attempt_state is AttemptState.INTENT:
        raise OutcomeUnknown("The ledger has not decided yet. Send the same request again.", retry_after=2)
    raise OutcomeUnknown("Another attempt took this upload over. Send the same request again.", retry_after=2)


UPLOAD: tuple[Step[Upload, Deps], ...] = (
    Step(store_asset, undo=condemn_asset),
    Step(verify_asset),
    Pivot(commit_photo),
    Step(publish_photo),
)
