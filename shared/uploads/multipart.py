"""A direct upload in parts: begun, gone on with, put together or given up, always by its owner alone."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from shared.deps import Deps
from shared.errors import NotFound, Trouble, UploadExpired, UploadNotReady
from shared.log import log
from shared.photos import Attempt, AttemptState, Caller, Intention, Loss, Upload
from shared.resilience.budget import Budget
from shared.uploads.complete import complete
from shared.uploads.presign import direct_terms
from shared.uploads.take import take
from shared.uploads.tokens import covers

if TYPE_CHECKING:
    from shared.db.multiparts import Multipart

# Neither S3's ids nor our names are longer, or of other characters; nothing else is worth a question.
LONGEST = 1_024
ABORTED = Loss("transient", "aborted", "The client gave this try up before its parts were put together.")


def begin(caller: Caller, intention: Intention, deps: Deps) -> tuple[Attempt, str, dict[str, str]]:
    """Claim an attempt and open a multipart upload for it; its id, and what is left of the rate."""
    attempt, headers = take(caller, intention, deps)
    name = attempt.object_name
    multipart_id = deps.direct_store.begin_multipart(name, intention.declared.mime)
    if not deps.multiparts.record(attempt.id, multipart_id):
        deps.direct_store.abort_multipart(name, multipart_id)
        raise _given_up()
    return attempt, multipart_id, headers


def find(caller: Caller, multipart_id: str, name: str, deps: Deps, *, binds: bool = False) -> "Multipart":
    """The caller's own, or the same NotFound for all else; with `binds`, one that the client began by itself."""
    found = None
    if _is_plausible(multipart_id) and _is_plausible(name):
        terms = direct_terms(deps.limits)
        found = deps.multiparts.find(caller, multipart_id, name, terms, binds=binds)
    if found is None or not covers(caller, found.upload.target):
        raise NotFound("There is no such multipart upload, or it is not yours.")
    log.bind(upload_id=found.upload.id, photo_id=found.upload.id)
    return found


def require_going(found: "Multipart") -> None:
    """Refuse to go on with what is decided."""
    if found.upload.reply or found.state is not AttemptState.INTENT:
        raise _given_up()


def finish(found: "Multipart", parts: Sequence[tuple[int, str]], deps: Deps, budget: Budget) -> None:
    """Put the parts together, and judge what came of them. Any number of times, with the same end."""
    if found.upload.reply is None:
        require_going(found)
        deps.direct_store.complete_multipart(found.attempt.object_name, found.attempt.multipart_id or "", parts)
    _judge(found.upload, deps, budget)


def _judge(upload: Upload, deps: Deps, budget: Budget) -> None:
    try:
        complete(upload, deps, budget)
    except (Trouble, UploadNotReady) as later:
        # The object is there for good, and the store's own event finishes it: this is not the client's failure.
        log.warning("upload.finished_later", code=later.code, detail=later.message)


def abort(found: "Multipart", deps: Deps) -> None:
    """Give this try up; the same key may begin another. What was put together already stays."""
    if not _is_lost(found, deps):
        return
    try:
        deps.direct_store.abort_multipart(found.attempt.object_name, found.attempt.multipart_id or "")
    except Trouble as error:
        # It is condemned: whoever reaps it aborts what is left of it.
        log.warning("multipart.aborted_later", code=error.code)


def _is_lost(found: "Multipart", deps: Deps) -> bool:
    if found.state is not AttemptState.INTENT:
        return found.state is not AttemptState.COMMITTED
    there = deps.direct_store.look(found.attempt.object_name)
    return there is None and deps.ledger.condemn(found.attempt.id, ABORTED)


def bucket_of(name: str, deps: Deps) -> str:
    """Which bucket an object is in, as clients of S3 want to know it."""
    return deps.direct_store.canonical(name).removeprefix("s3://").removesuffix(f"/{name}")


def location_of(name: str, deps: Deps) -> str:
    """Where an object is; this opens nothing."""
    return deps.direct_store.signed_get(name, deps.limits.url_seconds).partition("?")[0]


def _is_plausible(text: str) -> bool:
    return 0 < len(text) <= LONGEST and text.isascii() and text.isprintable()


def _given_up() -> UploadExpired:
    return UploadExpired("This multipart upload is finished, or was given up. Begin a new one.")
