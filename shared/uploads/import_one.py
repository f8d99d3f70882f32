"""One image on its way from its source into the store of its venue: fetched, and then as any other upload."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from shared.deps import Deps
from shared.errors import AppError, OutcomeUnknown
from shared.log import log
from shared.photos import Attempt, Caller, Declared, Intention, Loss, Reply, Source, StoreName
from shared.resilience.budget import Budget
from shared.saga import run
from shared.uploads.asset import asset_of
from shared.uploads.import_fetch import Picture, fetch_picture
from shared.uploads.park_saga import PARK, Parking
from shared.uploads.receive import PARKABLE
from shared.uploads.schedule import MOST_TRIES, delay_before
from shared.uploads.tries import loss_of, pause_before
from shared.uploads.upload_saga import PARKING_SECONDS, UPLOAD, Upload

# What must be left of the time when the bytes are here: for a put, and for parking where that may be needed.
STORE_SECONDS = 4.0
# What one more image needs at least: a slow host has used up its share then, and the bytes are still stored.
SHORTEST_FETCH = 2.0


@dataclass(frozen=True, slots=True)
class Item:
    """One image whose upload is ours for now, whoever it is of."""

    caller: Caller
    intention: Intention
    attempt: Attempt
    lease_token: UUID
    tries: int = 0
    most_tries: int = MOST_TRIES
    breaker: Mapping[str, object] | None = None

    @property
    def source(self) -> Source:
        """Where it is fetched from; an upload without one is no import."""
        if self.intention.source is None:
            raise OutcomeUnknown("This upload does not say where its bytes come from.")
        return self.intention.source

    @property
    def seconds_after(self) -> float:
        """What its store may need once it is fetched."""
        return STORE_SECONDS if self.attempt.store is StoreName.S3 else STORE_SECONDS + PARKING_SECONDS


def fits(item: Item, budget: Budget) -> bool:
    """Whether there is time for it."""
    return budget.allows(SHORTEST_FETCH + item.seconds_after)


def take_in(item: Item, deps: Deps, budget: Budget) -> Reply:
    """See it stored, or parked. What fails is written down when it is raised: due again, or ended."""
    log.bind(upload_id=item.attempt.upload_id, photo_id=item.attempt.upload_id)
    try:
        picture = fetch_picture(item.source, deps, budget.reserving(item.seconds_after).left())
    except AppError as error:
        give_up(item, error, deps)
        raise
    return _stored_or_parked(_upload_of(item, picture, budget), item, deps)


def loss_after(item: Item, error: AppError) -> Loss:
    """What a failed try means: why it failed, and when it is due again, if it ever is."""
    loss = loss_of(error, tries=item.tries, most_tries=item.most_tries, retry_in=pause_before(item.tries + 1, error))
    # The kind of failure as the table of failures calls it, where it was asked.
    return replace(loss, failure_type=str(error.facts.get("failure_type") or error.code))


def give_up(item: Item, error: AppError, deps: Deps) -> None:
    """Tell the ledger, for what did not get as far as the saga that would."""
    try:
        deps.ledger.condemn(item.attempt.id, loss_after(item, error))
    except AppError as trouble:
        # Nobody waits in vain: when the lease is over, recovery makes it due again.
        log.warning("import.left_to_recovery", code=trouble.code, detail=trouble.message)


def _upload_of(item: Item, picture: Picture, budget: Budget) -> Upload:
    given = item.intention.declared
    declared = Declared(given.file_name, len(picture.body), picture.image.mime, picture.sha256)
    intention = replace(item.intention, declared=declared)
    # Who may still park must not say when it is due: that is what keeps the lease, and parking needs it.
    parks = item.attempt.store is not StoreName.S3
    return Upload(
        caller=item.caller,
        intention=intention,
        attempt=item.attempt,
        asset=asset_of(intention, item.caller, item.attempt.upload_id, body=picture.body, md5=picture.md5),
        image=picture.image,
        budget=budget,
        retry_in=None if parks else delay_before(item.tries + 1),
        tries=item.tries,
        most_tries=item.most_tries,
        breaker=item.breaker,
    )


def _stored_or_parked(upload: Upload, item: Item, deps: Deps) -> Reply:
    try:
        return _reply_of(run(UPLOAD, upload, deps).reply)
    except AppError as error:
        if not upload.parks:
            raise
        if not isinstance(error, PARKABLE):
            _put_off(item, error, deps)
            raise
        return _parked(upload, item, error, deps)


def _parked(upload: Upload, item: Item, cause: AppError, deps: Deps) -> Reply:
    parking = Parking(upload.attempt.upload_id, item.lease_token, upload.asset, upload.image, upload.budget)
    try:
        return _reply_of(run(PARK, parking, deps).reply)
    except AppError as error:
        log.warning("import.not_parked", code=error.code, detail=error.message)
        _put_off(item, cause, deps)
        raise cause from error


def _put_off(item: Item, error: AppError, deps: Deps) -> None:
    """The saga has told why it failed, and kept the lease for parking: now that nobody needs it, it is due again."""
    try:
        deps.venues.put_off(item.lease_token, [item.attempt.upload_id], pause_before(item.tries + 1, error))
    except AppError as trouble:
        log.warning("import.left_to_recovery", code=trouble.code, detail=trouble.message)


def _reply_of(reply: Reply | None) -> Reply:
    if reply is None:
        raise OutcomeUnknown("The saga ended without a reply.")
    return reply
