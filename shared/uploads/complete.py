"""The direct door, second half: whoever hints that the bytes are there, the store is asked, and the pivot passed."""

from collections.abc import Callable
from dataclasses import replace

from shared.deps import Deps
from shared.errors import (
    AppError,
    ChecksumMismatch,
    Refused,
    SizeMismatch,
    UploadExpired,
    UploadNotReady,
)
from shared.faults import Point, point
from shared.imaging.sniff import require_declared
from shared.log import log
from shared.photos import (
    Attempt,
    AttemptState,
    Commit,
    Door,
    ImageFacts,
    Loss,
    Reply,
    StoredObject,
    StoreName,
    Upload,
)
from shared.resilience.budget import Budget
from shared.uploads.facts import kept_details, stored_facts, target_key
from shared.uploads.park_saga import parked_reply
from shared.uploads.pivot import pass_pivot
from shared.uploads.publish import ring
from shared.uploads.retry_run import run_due
from shared.uploads.verdicts import told_again

# What handing the bytes to another store must still have; with less, the schedule does it.
HAND_OVER_SECONDS = 12.0


def complete(upload: Upload, deps: Deps, budget: Budget) -> Reply:
    """Finish an upload if its bytes have arrived. Any number of callers, in any order, get the same reply."""
    if upload.reply:
        return told_again(upload.reply)
    if upload.door is not Door.DIRECT:
        # Its own saga decides; what lies in our S3 meanwhile is parked, and not yet where it belongs.
        raise UploadNotReady("This upload is being stored without your help. Ask for its status.", retry_after=5)
    if upload.parked:
        return _handed_over(upload, upload.intents[0], deps, budget)
    for attempt in upload.intents:
        stored = deps.direct_store.look(attempt.object_name)
        if stored:
            point(Point.COMPLETE_LOOKED)
            return _finish(upload, attempt, stored, deps, budget)
    if upload.lease_over or not upload.intents:
        raise UploadExpired("The upload URL ran out before the bytes came. Ask for a new one with the same key.")
    raise UploadNotReady("The bytes are not there yet. Put them to upload_url first, then complete.", retry_after=2)


def _finish(upload: Upload, attempt: Attempt, stored: StoredObject, deps: Deps, budget: Budget) -> Reply:
    try:
        _check_size(upload, stored, deps)
        stored = _with_digests(stored, deps)
        _check_digest(upload, stored)
        image = deps.probe(_reader(stored, deps), stored.size)
        require_declared(upload.declared.mime, image.mime)
    except Refused as error:
        return _give_up(attempt, error, deps)
    if upload.target_store is not StoreName.S3:
        # The bytes are ours, and belong to another store: from here on they are parked, and due at once.
        deps.parking.promise(attempt, stored, kept_details(stored, image), 0.0)
        point(Point.PARK_PROMISED)
        return _handed_over(upload, attempt, deps, budget)
    point(Point.COMMIT_BEFORE)
    reply = pass_pivot(_pivot(upload, attempt, stored, image, deps), deps)
    if reply is None:
        return _settled(attempt, deps)
    point(Point.COMMIT_AFTER)
    log.info("upload.committed", bytes=stored.size, duplicate=reply.body["duplicate"])
    ring(deps)
    return reply


def _check_size(upload: Upload, stored: StoredObject, deps: Deps) -> None:
    declared, limits = upload.declared, deps.limits
    if declared.size is not None and stored.size != declared.size:
        raise SizeMismatch(f"{stored.size} bytes arrived where {declared.size} were declared.")
    if not limits.min_bytes <= stored.size <= limits.max_bytes:
        raise SizeMismatch(f"{stored.size} bytes arrived; {limits.min_bytes} to {limits.max_bytes} are accepted.")


def _with_digests(stored: StoredObject, deps: Deps) -> StoredObject:
    """S3 knows the SHA-256 of what was put with one. Of everything else we read it ourselves, once."""
    if stored.sha256:
        return stored
    found = deps.direct_store.digest(stored.name, stored.version, stored.size)
    return replace(stored, sha256=found.sha256, md5=found.md5)


def _check_digest(upload: Upload, stored: StoredObject) -> None:
    if upload.declared.sha256 and stored.sha256 != upload.declared.sha256:
        raise ChecksumMismatch("The bytes that arrived do not have the declared SHA-256.")


def _reader(stored: StoredObject, deps: Deps) -> Callable[[int, int], bytes]:
    # The version is pinned: what was verified is what is read, whatever is put there meanwhile.
    return lambda start, length: deps.direct_store.read(stored.name, start, length, stored.version)


def _pivot(upload: Upload, attempt: Attempt, stored: StoredObject, image: ImageFacts, deps: Deps) -> Commit:
    return Commit(
        attempt=attempt,
        target_key=target_key(upload.target, stored.sha256),
        stored=stored,
        image=image,
        reply=Reply(200, stored_facts(upload.target, upload.declared, stored, image)),
        photo_url=deps.direct_store.canonical(stored.name),
    )


def _handed_over(upload: Upload, attempt: Attempt, deps: Deps, budget: Budget) -> Reply:
    """The upload saga, now if nobody else is at it; else, or when the store is down, it comes by itself later."""
    run_due(deps, budget, only=(upload.id,), needs=HAND_OVER_SECONDS)
    reply = deps.ledger.standing(attempt.id).reply
    return told_again(reply) if reply else parked_reply(upload.id)


def _give_up(attempt: Attempt, error: AppError, deps: Deps) -> Reply:
    reply = Reply(error.status, {"code": error.code, "message": error.message})
    if not deps.ledger.condemn(attempt.id, Loss("permanent", error.code, error.message, reply)):
        return _settled(attempt, deps)
    log.info("upload.refused", code=error.code, detail=error.message)
    raise error


def _settled(attempt: Attempt, deps: Deps) -> Reply:
    """Somebody else decided this attempt: tell what came of it."""
    standing = deps.ledger.standing(attempt.id)
    if standing.reply:
        return told_again(standing.reply)
    if standing.attempt_state is AttemptState.INTENT:
        raise UploadNotReady(retry_after=1)
    raise UploadExpired("This attempt was given up. Ask for a new upload URL with the same Idempotency-Key.")
