"""The form door: take one photo and see it safely stored, or safely parked, or leave nothing behind."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from shared.deps import Deps
from shared.deps.uploads import Limits
from shared.errors import AppError, OutcomeUnknown, ProviderDown, Unavailable
from shared.faults import Point, point
from shared.log import log
from shared.metrics import emit
from shared.photos import Caller, Claim, ImageFacts, Intention, Reply, Terms, Verdict
from shared.resilience.budget import Budget
from shared.saga import run
from shared.uploads.asset import asset_of
from shared.uploads.park_saga import PARK, Parking, parked_reply
from shared.uploads.schedule import LATEST_LANDING, delay_before
from shared.uploads.tokens import require_fits
from shared.uploads.upload_saga import UPLOAD, Upload
from shared.uploads.verdicts import granted, rate_headers, told_again

# Longer than any invocation may run: a killed one cannot come back and write under a live lease.
LEASE_SECONDS = 60

# What another store can help with. Whatever is wrong with the photo itself, it cannot.
PARKABLE = (Unavailable, OutcomeUnknown, ProviderDown)


@dataclass(frozen=True, slots=True)
class Photo:
    """One photo as it came in by the form door, already judged."""

    body: bytes | memoryview
    md5: str
    image: ImageFacts
    completed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """What to answer, whether it was answered before, and what is left of the rate."""

    reply: Reply
    replayed: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)


def receive(caller: Caller, intention: Intention, photo: Photo, deps: Deps, budget: Budget) -> Received:
    """Claim, then walk the table; where the store fails, park."""
    require_fits(caller, intention.target, intention.declared.mime)
    terms = form_terms(deps.limits)
    claim = _claimed(caller, intention, terms, deps)
    if claim.verdict is Verdict.REPLAY and claim.reply:
        return Received(told_again(claim.reply), replayed=True)
    attempt = granted(claim, terms.rate)
    # Bytes that are parked since an earlier try need no second place: they are only due again.
    retry_in = delay_before(1) if claim.parked else None
    upload = Upload(
        caller=caller,
        intention=intention,
        attempt=attempt,
        asset=asset_of(intention, caller, attempt.upload_id, body=photo.body, md5=photo.md5),
        image=photo.image,
        budget=budget,
        retry_in=retry_in,
        breaker=claim.breaker,
        completed_at=photo.completed_at,
    )
    return Received(_stored_or_parked(upload, claim, deps), headers=rate_headers(terms.rate, claim.tokens))


def _claimed(caller: Caller, intention: Intention, terms: Terms, deps: Deps) -> Claim:
    started = time.perf_counter()
    point(Point.CLAIM_BEFORE)
    (claim,) = deps.ledger.claim(caller, [intention], terms)
    point(Point.CLAIM_AFTER)
    upload_id = claim.attempt.upload_id if claim.attempt else claim.reply and claim.reply.body.get("upload_id")
    if upload_id:
        log.bind(upload_id=upload_id, photo_id=upload_id)
    log.info(
        "upload.claimed",
        verdict=claim.verdict,
        store=claim.target_store,
        bytes=intention.declared.size,
        took_ms=round((time.perf_counter() - started) * 1000, 1),
    )
    return claim


def _stored_or_parked(upload: Upload, claim: Claim, deps: Deps) -> Reply:
    started = time.perf_counter()
    try:
        reply = _reply_of(run(UPLOAD, upload, deps).reply)
    except PARKABLE as error:
        if claim.parked:
            return parked_reply(upload.attempt.upload_id)
        if not upload.parks:
            raise
        return _parked(upload, claim, error, deps)
    emit(UploadLatency=(time.perf_counter() - started) * 1000)
    return reply


def _parked(upload: Upload, claim: Claim, cause: AppError, deps: Deps) -> Reply:
    if claim.lease_token is None:
        raise cause
    parking = Parking(upload.attempt.upload_id, claim.lease_token, upload.asset, upload.image, upload.budget)
    try:
        return _reply_of(run(PARK, parking, deps).reply)
    except AppError as error:
        log.warning("upload.not_parked", code=error.code, detail=error.message)
        raise Unavailable(
            "The photo could not be stored just now. Send the same request again: it is stored once, however often.",
            retry_after=cause.retry_after or 5,
        ) from error


def _reply_of(reply: Reply | None) -> Reply:
    if reply is None:
        raise OutcomeUnknown("The saga ended without a reply.")
    return reply


def form_terms(limits: Limits) -> Terms:
    """One request at a time for one key: the lease says who."""
    return Terms(
        rate=limits.rate,
        lease_seconds=LEASE_SECONDS,
        reap_after_seconds=LATEST_LANDING,
        exclusive=True,
    )
