"""When a store is down: the bytes are kept in our own S3, so that a 202 is a promise."""

from dataclasses import dataclass, replace
from uuid import UUID

from shared.deps import Deps
from shared.errors import AppError, OutcomeUnknown
from shared.faults import Point, point
from shared.log import log
from shared.media.verify import verify
from shared.metrics import emit
from shared.photos import Asset, Attempt, ImageFacts, Loss, Reply, StoredObject
from shared.resilience.budget import Budget
from shared.saga import Pivot, Step
from shared.uploads.facts import kept_details
from shared.uploads.schedule import LATEST_LANDING, delay_before


@dataclass(frozen=True, slots=True)
class Parking:
    """Bytes on their way into our S3."""

    upload_id: UUID
    lease_token: UUID
    asset: Asset
    image: ImageFacts
    budget: Budget
    attempt: Attempt | None = None
    stored: StoredObject | None = None
    reply: Reply | None = None

    @property
    def place(self) -> Attempt:
        """The attempt that was allotted; there is no later step without it."""
        if self.attempt is None:
            raise OutcomeUnknown("No place was allotted for the bytes.")
        return self.attempt


def allot_place(parking: Parking, deps: Deps) -> Parking:
    """An attempt of its own, written before the bytes move."""
    place = deps.parking.allot(parking.upload_id, parking.lease_token, LATEST_LANDING)
    point(Point.PARK_ALLOTTED)
    if place is None:
        raise OutcomeUnknown("Another attempt took this upload over. Send the same request again.", retry_after=2)
    return replace(parking, attempt=place)


def park_asset(parking: Parking, deps: Deps) -> Parking:
    """The bytes, and a look that they are the ones."""
    stored = deps.store(parking.place.store).put(parking.place.object_name, parking.asset, parking.budget)
    point(Point.PARK_STORED)
    verify(parking.asset, stored, parking.place.object_name)
    return replace(parking, stored=stored)


def promise(parking: Parking, deps: Deps) -> Parking:
    """The pivot of parking: the row says where the bytes are, and when the store is tried again."""
    wait = delay_before(1)
    if parking.stored is None or not _is_promised(parking.place, parking.stored, parking.image, wait, deps):
        raise OutcomeUnknown("Another attempt took this upload over. Send the same request again.", retry_after=2)
    point(Point.PARK_PROMISED)
    emit(Parked=1)
    log.info("upload.parked", object_name=parking.place.object_name, retry_in=wait)
    return replace(parking, reply=parked_reply(parking.upload_id))


def _is_promised(place: Attempt, stored: StoredObject, image: ImageFacts, wait: float, deps: Deps) -> bool:
    return deps.parking.promise(place, stored, kept_details(stored, image), wait)


def parked_reply(upload_id: UUID) -> Reply:
    """Accepted: we have the bytes, and their store will have them later."""
    return Reply(202, {"photo_id": str(upload_id), "upload_id": str(upload_id), "status": "pending_upload"})


def ring_later(parking: Parking, deps: Deps) -> Parking:
    """Have ourselves woken when it is time; the schedule is the net below."""
    deps.alarm.ring_at(parking.upload_id, delay_before(1))
    return parking


def condemn_place(parking: Parking, deps: Deps, error: AppError) -> None:
    """Leave nothing behind: the place is condemned, and the upload is free for the client's next try."""
    if parking.attempt is None:
        return
    deps.ledger.condemn(parking.attempt.id, Loss(error.failure_class, error.code, error.message))


PARK: tuple[Step[Parking, Deps], ...] = (
    Step(allot_place, undo=condemn_place),
    Step(park_asset),
    Pivot(promise),
    Step(ring_later),
)
