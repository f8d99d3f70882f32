"""The direct door, first half: grants to put exact objects, once each, and the photos that need none."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.deps import Deps
from shared.deps.uploads import Limits
from shared.errors import AppError
from shared.log import log
from shared.photos import (
    Attempt,
    Caller,
    Claim,
    Intention,
    RatePolicy,
    Reply,
    SignedPut,
    StoreName,
    Terms,
    Twin,
    Verdict,
)
from shared.uploads.check import which_are_there
from shared.uploads.park_saga import parked_reply
from shared.uploads.tokens import require_fits
from shared.uploads.verdicts import granted, rate_headers, told_again

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


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The photo that is there already, of which no more bytes are needed."""

    twin: Twin


Outcome = Grant | Duplicate | Reply | AppError


@dataclass(frozen=True, slots=True)
class Page:
    """What became of each intention, in order, and what is left of the rate."""

    outcomes: list[Outcome]
    headers: dict[str, str]


def presign(caller: Caller, intention: Intention, deps: Deps) -> tuple[Grant | Duplicate | Reply, dict[str, str]]:
    """One grant, with the headers that tell what is left; a refusal is raised."""
    page = presign_page(caller, [intention], deps)
    (outcome,) = page.outcomes
    if isinstance(outcome, AppError):
        raise outcome
    return outcome, page.headers


def presign_page(caller: Caller, intentions: Sequence[Intention], deps: Deps) -> Page:
    """Claim attempts and sign their URLs; one rate token pays for them all."""
    for intention in intentions:
        require_fits(caller, intention.target, intention.declared.mime)
    terms = direct_terms(deps.limits)
    claims = _claimed(caller, intentions, terms, deps)
    outcomes = [
        _outcome(claim, intention, terms.rate, deps) for claim, intention in zip(claims, intentions, strict=True)
    ]
    return Page(outcomes, rate_headers(terms.rate, claims[0].tokens))


def _claimed(caller: Caller, intentions: Sequence[Intention], terms: Terms, deps: Deps) -> list[Claim]:
    """Claim; where the photo that stood in the way has lost its bytes, claim again: the new upload mends it."""
    claims = deps.ledger.claim(caller, intentions, terms)
    twins = {n: c.twin for n, c in enumerate(claims) if c.verdict is Verdict.DUPLICATE and c.twin}
    present = which_are_there(twins.values(), deps)
    gone = {n: twin for n, twin in twins.items() if twin.attempt_id not in present}
    if gone:
        again = deps.ledger.claim(
            caller, [intentions[n] for n in gone], terms, [twin.attempt_id for twin in gone.values()]
        )
        for n, claim in zip(gone, again, strict=True):
            claims[n] = claim
    return claims


def _outcome(claim: Claim, intention: Intention, rate: RatePolicy, deps: Deps) -> Outcome:
    try:
        if claim.verdict is Verdict.DUPLICATE and claim.twin:
            return Duplicate(claim.twin)
        if claim.verdict is Verdict.REPLAY and claim.reply:
            return told_again(claim.reply)
        if claim.verdict is Verdict.IN_PROGRESS and claim.parked and claim.upload_id:
            return parked_reply(claim.upload_id)
        return _grant(granted(claim, rate), intention, deps)
    except AppError as refusal:
        return refusal


def _grant(attempt: Attempt, intention: Intention, deps: Deps) -> Grant:
    log.info("upload.granted", upload_id=attempt.upload_id, attempt=attempt.number)
    put = deps.direct_store.presign_put(attempt.object_name, intention.declared, deps.limits.url_seconds)
    return Grant(attempt, put, deps.direct_store.canonical(attempt.object_name))


def direct_terms(limits: Limits) -> Terms:
    """No client waits for another here: a retry gets a fresh URL, and the store decides who was first."""
    return Terms(
        rate=limits.rate,
        lease_seconds=limits.url_seconds + GRACE,
        reap_after_seconds=limits.url_seconds + LONGEST_PUT,
        exclusive=False,
        first_store=StoreName.S3,
        largest=limits.max_bytes,
        spots_twins=True,
    )
