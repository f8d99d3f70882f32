"""One seed, one world, one schedule."""

import random
import traceback

from shared.photos import Door
from tests.crash.simulation.climate import CLIMATES, Climate
from tests.crash.simulation.memory_store import GARBAGE, PHOTOS
from tests.crash.simulation.rest import come_to_rest
from tests.crash.simulation.rules import Rules
from tests.crash.simulation.schedule import Schedule
from tests.crash.simulation.silence import silence
from tests.crash.simulation.violations import Violation
from tests.crash.simulation.world import IN_CLOUDINARY, IN_S3, STOP, Wish, World

AIMS = (IN_S3, IN_CLOUDINARY, IN_CLOUDINARY, STOP, STOP)


class Simulation:
    """All that follows from one seed."""

    def __init__(self, seed: int, rules: Rules) -> None:
        self.seed = seed
        self.world = World(seed, rules, CLIMATES[seed % len(CLIMATES)])
        self._schedule = Schedule(self.world, self.world.climate, self._clients())

    def run(self) -> Violation | None:
        """The first promise that was broken, if any was."""
        try:
            self._run()
        except Violation as violation:
            return violation
        except Exception as error:  # noqa: BLE001 - whatever escapes a use case is a broken promise too
            place = traceback.extract_tb(error.__traceback__)[-1]
            return Violation("crash", f"{type(error).__name__}: {error} ({place.name}, line {place.lineno})")
        return None

    def _run(self) -> None:
        for _ in range(self.world.climate.steps):
            if self._schedule.is_over():
                break
            self._schedule.step()
        come_to_rest(self.world, self._schedule)

    def _clients(self) -> list[tuple[str, Wish]]:
        rng, climate = self.world.rng, self.world.climate
        wishes = [_wish(rng, n) for n in range(rng.choice(climate.wishes))]
        self.world.wishes = {wish.key: wish for wish in wishes}
        coming = [(f"{wish.key}.{n}", wish) for wish in wishes for n in range(rng.choice(climate.tries))]
        rng.shuffle(coming)
        return coming


def _wish(rng: random.Random, n: int) -> Wish:
    door = Door.DIRECT if rng.random() < 0.3 else Door.FORM
    tells = door is Door.FORM or rng.random() < 0.7
    sends = GARBAGE if door is Door.DIRECT and rng.random() < 0.1 else None
    return Wish(f"k{n}", door, rng.choice(AIMS), PHOTOS[rng.randrange(2)], tells_digest=tells, sends=sends)


def simulate(seed: int, rules: Rules | None = None) -> Violation | None:
    """Run one seed; say which promise was broken, if one was."""
    with silence():
        return Simulation(seed, rules or Rules()).run()


def replay(seed: int, rules: Rules | None = None) -> str:
    """Run one seed again, and tell it step by step."""
    simulation = Simulation(seed, rules or Rules())
    steps = simulation.world.scheduler.trace = []
    with silence():
        violation = simulation.run()
    climate: Climate = simulation.world.climate
    return "\n".join([f"seed {seed}, {climate.name}: {violation or 'every promise was kept'}", *steps])
