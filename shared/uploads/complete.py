"""The direct door, second half: whoever hints that the bytes are there, the store is asked, and the pivot passed."""

from collections.abc import Callable

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
from shared.photos import Attempt, AttemptState, Commit, Door, ImageFacts, Loss, Reply, StoredObject, Upload
from shared.uploads.facts import stored_facts, target_key
from shared.uploads.publish import ring
from shared.uploads.verdicts import told_again


def complete(upload: Upload, deps: Deps) -> Reply:
    """Finish an upload if its bytes have arrived. Any number of callers, in any order, get the same reply."""
    if upload.reply:
        return told_again(upload.reply)
    if upload.door is not Door.DIRECT:
        # Its own saga decides; what lies in our S3 meanwhile is parked, and not yet where it belongs.
        raise UploadNotReady("This upload is being stored without your help. Ask for its status.", retry_after=5)
    for attempt in upload.intents:
        stored = deps.direct_store.look(attempt.object_name)
        if stored:
            point(Point.COMPLETE_LOOKED)
            return _finish(upload, attempt, stored, deps)
    if upload.lease_over or not upload.intents:
        raise UploadExpired("The upload URL ran out before the bytes came. Ask for a new one with the same key.")
    raise UploadNotReady("The bytes are not there yet. Put them to upload_url first, then complete.", retry_after=2)


def _finish(upload: Upload, attempt: Attempt, stored: StoredObject, deps: Deps) -> Reply:
    try:
        _check_against_declaration(upload, stored)
        image = deps.probe(_reader(stored, deps), stored.size)
        require_declared(upload.declared.mime, image.mime)
    except Refused as error:
        return _give_up(attempt, error, deps)
    point(Point.COMMIT_BEFORE)
    reply = deps.ledger.commit(_pivot(upload, attempt, stored, image, deps))
    if reply is None:
        return _settled(attempt, deps)
    point(Point.COMMIT_AFTER)
    log.info("upload.committed", bytes=stored.size, duplicate=reply.body["duplicate"])
    ring(deps)
    return reply


def _check_against_declaration(upload: Upload, stored: StoredObject) -> None:
    declared = upload.declared
    if stored.size != declared.size:
        raise SizeMismatch(f"{stored.size} bytes arrived where {declared.size} were declared.")
    if declared.sha256 and stored.sha256 != declared.sha256:
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
        photo_url=deps.direct_store.canonical(stored.name) if upload.target.team_id else None,
    )


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
