"""How a world comes to rest: nothing fails any more, everybody gets a turn, and in bounded time nothing is open."""

from shared.photos import AttemptState, UploadState
from tests.crash.simulation import actors
from tests.crash.simulation.schedule import Schedule
from tests.crash.simulation.violations import Violation
from tests.crash.simulation.world import World

# So many rounds of the janitors are enough for the longest way there is: five tries, then the reaper's horizon.
ROUNDS = 40
# The sweeper comes every minute: what is due waits half of one, on the average.
LATENESS = 30.0
# After this, everybody's bucket is full again.
AN_HOUR = 3_600.0
OPEN_STATES = frozenset({AttemptState.INTENT, AttemptState.CONDEMNED})


def come_to_rest(world: World, schedule: Schedule) -> None:
    """I10: with faults off, a fair schedule ends everything; and whoever asks again then gets an answer."""
    world.scheduler.say("-- from here on nothing fails")
    while world.scheduler.alive:
        world.scheduler.move(world.rng.choice(world.scheduler.alive))
    world.scheduler.is_straight = True
    _sweep_until_settled(world, schedule)
    world.watch.check_at_rest()
    schedule.advance(world.scheduler.now + AN_HOUR)
    for wish in world.wishes.values():
        actors.client(world, wish)()
        world.watch.is_answered(wish)
    _sweep_until_settled(world, schedule)
    world.watch.check_at_rest()


def _sweep_until_settled(world: World, schedule: Schedule) -> None:
    for _ in range(ROUNDS):
        actors.sweeper(world)()
        actors.retry_worker(world)()
        still = _open(world)
        if not still:
            return
        due = world.deadlines(-1.0)
        if not due:
            break
        schedule.advance(max(min(due), world.scheduler.now) + LATENESS)
    raise Violation("I10", f"STUCK: {'; '.join(still)}")


def _open(world: World) -> list[str]:
    """What is not finished yet."""
    tables = world.tables
    found = [late.label for late in world.scheduler.late]
    found += [
        f"{world.alias(attempt.object_name)} is {attempt.state}"
        for attempt in tables.attempts.values()
        if attempt.state in OPEN_STATES and not world.watch.is_kept_for_a_person(attempt)
    ]
    found += [
        f"{upload.idem_key} is open, with lease {upload.lease_until} and parked bytes {upload.parked_key}"
        for upload in tables.uploads.values()
        if upload.state is UploadState.OPEN and (upload.lease_until is not None or upload.parked_key)
    ]
    return found + [f"news {row.id} is not told" for row in tables.outbox.values() if row.is_open]
