"""Who acts in a simulated world: clients by both doors, hints, the retry worker, the sweeper, publisher and audit."""

import json
from collections.abc import Callable
from uuid import UUID

from functions.upload_complete.handler import object_created
from shared.errors import AppError, UploadNotReady
from shared.photos import AttemptState, Door, ImageFacts, Reply
from shared.resilience.budget import Budget
from shared.uploads.complete import complete
from shared.uploads.presign import Duplicate, Grant, presign
from shared.uploads.publish import publish_due
from shared.uploads.receive import Photo, receive
from shared.uploads.recover import recover
from shared.uploads.retry_run import run_due
from tests.crash.simulation.world import MEMBER, Wish, World

Body = Callable[[], None]

# How long each may live, at the most. None lives longer than Lambda lets it; and a sweeper ends before another
# may take the same object: that is what its PAUSE is for.
LAMBDA, CLIENT, SWEEPER = 900.0, 1_800.0, 240.0
FORM_SECONDS, HTTP_SECONDS, JOB_SECONDS = 27.0, 24.0, 100.0
FACTS = ImageFacts("image/jpeg", 40, 30)


def client(world: World, wish: Wish) -> Body:
    """One request, by the door that was wished for."""
    return form_client(world, wish) if wish.door is Door.FORM else direct_client(world, wish)


def life_of(wish: Wish) -> float:
    return LAMBDA if wish.door is Door.FORM else CLIENT


def worker(world: World, lot: float) -> tuple[str, Body, float]:
    """One of our own jobs, by lot."""
    if lot < 0.4:
        return "sweeper", sweeper(world), SWEEPER
    if lot < 0.6:
        return "retry", retry_worker(world), LAMBDA
    if lot < 0.7:
        return "publisher", publisher(world), LAMBDA
    if lot < 0.8:
        return "audit", audit(world), LAMBDA
    if lot < 0.9:
        return "alarm", retry_worker(world, _rung(world)), LAMBDA
    return "hint", hint(world, world.rng.choice(world.hints) if world.hints else "nobody/knows/this/1"), LAMBDA


def _rung(world: World) -> UUID | None:
    due = [upload_id for at, upload_id in world.alarms if at <= world.clock()]
    return world.rng.choice(due) if due else None


def form_client(world: World, wish: Wish) -> Body:
    """One request at the form door."""

    def body() -> None:
        known = wish.content
        photo = Photo(known.sha256.encode(), known.md5, FACTS)
        try:
            received = receive(MEMBER, wish.intention, photo, world.deps, _budget(world, FORM_SECONDS))
        except AppError as error:
            world.watch.refused(wish, error)
        else:
            world.watch.answered(wish, received.reply)

    return body


def direct_client(world: World, wish: Wish) -> Body:
    """A grant, a PUT, and the word that it is done."""

    def body() -> None:
        try:
            granted, _ = presign(MEMBER, wish.intention, world.deps)
            reply = granted if isinstance(granted, Reply) else None
            if isinstance(granted, Duplicate):
                world.watch.has_already(wish, granted.twin.photo_id)
            if isinstance(granted, Grant):
                world.bucket.put_signed(granted.put, wish.sends or wish.content, digested=wish.tells_digest)
                reply = _completed(world, granted.attempt.upload_id)
        except AppError as error:
            world.watch.refused(wish, error)
        else:
            if reply:
                world.watch.answered(wish, reply)

    return body


def _completed(world: World, upload_id: UUID) -> Reply | None:
    for _ in range(2):
        upload = world.deps.photos.find(MEMBER, upload_id)
        if upload is None:
            return None
        try:
            return complete(upload, world.deps, _budget(world, HTTP_SECONDS))
        except UploadNotReady:
            continue
    return None


def hint(world: World, name: str) -> Body:
    """The bucket says that an object was created."""
    event = {"Records": [{"s3": {"object": {"key": name}}}]}
    record = {"body": json.dumps(event)}
    return _job(lambda: object_created(record, world.deps, _budget(world, HTTP_SECONDS)))


def retry_worker(world: World, only: UUID | None = None) -> Body:
    return _job(lambda: run_due(world.deps, _budget(world, JOB_SECONDS), only=only and (only,)))


def sweeper(world: World) -> Body:
    return _job(lambda: recover(world.deps, _budget(world, JOB_SECONDS)))


def publisher(world: World) -> Body:
    return _job(lambda: publish_due(world.deps))


def audit(world: World) -> Body:
    """Lists the stores, and deletes what no live attempt owns: but only what is condemned in the ledger."""

    def body() -> None:
        for shelf in world.shelves():
            for name in list(shelf.held):
                attempt = world.tables.by_name[name]
                standing = world.deps.ledger.standing(attempt.id)
                if standing.attempt_state is AttemptState.CONDEMNED:
                    world.deps.store(shelf.name).delete(name)

    return _job(body)


def _job(work: Callable[[], object]) -> Body:
    def body() -> None:
        try:
            work()
        except AppError:
            return  # the invocation fails; the next one goes on

    return body


def _budget(world: World, seconds: float) -> Budget:
    return Budget.seconds(seconds, world.clock)
