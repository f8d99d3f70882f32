"""The direct door, first half: a grant to put one exact object, once."""

from dataclasses import dataclass

from shared.deps import Deps, Limits
from shared.log import log
from shared.photos import Attempt, Caller, Intention, RatePolicy, Reply, SignedPut, StoreName, Terms, Verdict
from shared.uploads.verdicts import granted, told_again

# A PUT may start in the last second of its URL and then take long: nothing is given up before this has passed.
LONGEST_PUT = 3_600
# How long after the URL's end a client may still complete what it put in time.
GRACE = 120


@dataclass(frozen=True, slots=True)
class Grant:
    """What a client needs to put its bytes."""

    attempt: Attempt
    put: SignedPut
    s3_url: str


def presign(caller: Caller, intention: Intention, deps: Deps) -> Grant | Reply:
    """Claim an attempt and sign its URL; a Reply when this upload is already finished."""
    terms = direct_terms(deps.limits)
    (claim,) = deps.ledger.claim(caller, [intention], terms)
    if claim.verdict is Verdict.REPLAY and claim.reply:
        return told_again(claim.reply)
    attempt = granted(claim, terms.rate)
    log.bind(upload_id=attempt.upload_id, photo_id=attempt.upload_id)
    put = deps.direct_store.presign_put(attempt.object_name, intention.declared, deps.limits.url_seconds)
    return Grant(attempt, put, deps.direct_store.canonical(attempt.object_name))


def direct_terms(limits: Limits) -> Terms:
    """No client waits for another here: a retry gets a fresh URL, and the store decides who was first."""
    return Terms(
        rate=RatePolicy("uploads", limits.rate_capacity, limits.rate_per_minute / 60),
        lease_seconds=limits.url_seconds + GRACE,
        reap_after_seconds=limits.url_seconds + LONGEST_PUT,
        exclusive=False,
        first_store=StoreName.S3,
    )
