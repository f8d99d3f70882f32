"""An attempt for clients that can be told one thing only: where to put their bytes."""

from dataclasses import replace
from typing import TYPE_CHECKING

from shared.deps import Deps
from shared.errors import Conflict
from shared.log import log
from shared.photos import Attempt, Caller, Claim, Intention, Verdict
from shared.uploads.presign import direct_terms
from shared.uploads.tokens import require_fits
from shared.uploads.verdicts import granted, rate_headers, told_again

if TYPE_CHECKING:
    from shared.media.s3_post import SignedPost


def take(caller: Caller, intention: Intention, deps: Deps) -> tuple[Attempt, dict[str, str]]:
    """Claim an attempt on the terms of the direct door, with the headers that tell what is left of the rate.

    A photo that is there already is not looked for: such a client would not understand that it need not
    send it again. Whatever it sends is a duplicate then, and is given up when it is finished.
    """
    require_fits(caller, intention.target, intention.declared.mime)
    terms = replace(direct_terms(deps.limits), spots_twins=False)
    (claim,) = deps.ledger.claim(caller, [intention], terms)
    _refuse_sent(claim)
    attempt = granted(claim, terms.rate)
    log.info("upload.granted", upload_id=attempt.upload_id, attempt=attempt.number)
    return attempt, rate_headers(terms.rate, claim.tokens)


def presign_form(caller: Caller, intention: Intention, deps: Deps) -> tuple["SignedPost", dict[str, str]]:
    """Grant one form to post: of the size that was declared, or of any that is accepted."""
    attempt, headers = take(caller, intention, deps)
    declared, limits = intention.declared, deps.limits
    smallest, largest = declared.size or limits.min_bytes, declared.size or limits.max_bytes
    name = attempt.object_name
    return deps.direct_store.presign_post(name, declared.mime, smallest, largest, limits.url_seconds), headers


def _refuse_sent(claim: Claim) -> None:
    """What this key is for was sent before: then there is nothing to put."""
    if claim.verdict is Verdict.REPLAY and claim.reply:
        told_again(claim.reply)
    elif not (claim.verdict is Verdict.IN_PROGRESS and claim.parked):
        return
    raise Conflict(
        "The photo that this idempotency key is for was uploaded before. Use a new key for another photo.",
        upload_id=claim.upload_id,
    )
