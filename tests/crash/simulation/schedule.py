"""The lots that are drawn: who moves, who dies, what fails, what lands, and how time passes."""

from itertools import accumulate

from tests.crash.simulation import actors
from tests.crash.simulation.climate import Climate
from tests.crash.simulation.faults_of_calls import Fate, Late
from tests.crash.simulation.scheduler import Actor, Phase
from tests.crash.simulation.world import Wish, World

MOST_ALIVE = 8
ZOMBIES = 0.3  # how often time leaps although somebody is at work
LANDS = 0.8  # what is late may also never come


class Schedule:
    """Draws one step after the other from the world's own lots."""

    def __init__(self, world: World, climate: Climate, coming: list[tuple[str, Wish]]) -> None:
        self._world, self._climate, self._coming = world, climate, coming
        self._rng, self._scheduler = world.rng, world.scheduler
        self._workers = 0
        chances = (climate.dies, climate.lands, climate.arrives, climate.time_passes, climate.worker_starts)
        things = (self._somebody_dies, self._something_lands, self._somebody_comes, self._time_passes)
        self._things = tuple(zip(accumulate(chances), (*things, self._worker_starts), strict=True))

    def is_over(self) -> bool:
        """Nobody is there, nobody comes, and the world has had enough of its janitors."""
        return not self._scheduler.alive and not self._coming and self._rng.random() < self._climate.ends

    def step(self) -> None:
        """One thing happens."""
        lot = self._rng.random()
        for below, thing in self._things:
            if lot < below:
                return thing()
        return self._somebody_moves()

    def advance(self, to: float) -> None:
        """Time passes; whoever runs out of it dies, and what is late lands in time or never."""
        scheduler = self._scheduler
        while True:
            dying = min(scheduler.alive, key=lambda actor: actor.dies_at, default=None)
            landing = min(scheduler.late, key=lambda late: late.lands_before, default=None)
            if landing and landing.lands_before <= to and (dying is None or landing.lands_before <= dying.dies_at):
                scheduler.now = landing.lands_before
                self._settle(landing)
            elif dying and dying.dies_at <= to:
                scheduler.now = dying.dies_at
                scheduler.kill(dying, "runs out of time")
            else:
                scheduler.now = to
                return scheduler.say("time passes")

    def _somebody_moves(self) -> None:
        if self._scheduler.alive:
            actor = self._rng.choice(self._scheduler.alive)
            self._scheduler.move(actor, self._fate_of(actor))

    def _fate_of(self, actor: Actor) -> Fate:
        call, climate = actor.call, self._climate
        if actor.phase is not Phase.BEFORE or call is None:
            return Fate.DONE
        chance = climate.store_fails if call.label.startswith("put cloudinary") else climate.call_fails
        if self._rng.random() >= chance:
            return Fate.DONE
        return self._rng.choice(call.ways_to_fail() or [Fate.DONE])

    def _somebody_dies(self) -> None:
        begun = [actor for actor in self._scheduler.alive if actor.phase is not Phase.NEW]
        if begun:
            self._scheduler.kill(self._rng.choice(begun))

    def _something_lands(self) -> None:
        if self._scheduler.late:
            self._settle(self._rng.choice(self._scheduler.late))

    def _settle(self, late: Late) -> None:
        if self._rng.random() < LANDS:
            self._scheduler.land(late)
        else:
            self._scheduler.lose(late)

    def _somebody_comes(self) -> None:
        if self._coming:
            name, wish = self._coming.pop()
            self._scheduler.start(name, actors.client(self._world, wish), actors.life_of(wish))

    def _time_passes(self) -> None:
        now = self._scheduler.now
        patience = ZOMBIES if self._scheduler.alive else 1.0
        if self._rng.random() >= self._climate.leaps * patience:
            return self.advance(now + self._rng.uniform(0.1, 5.0))
        due = self._world.deadlines(now)
        if due and self._rng.random() < 0.8:
            return self.advance(self._rng.choice(due) + self._rng.choice((0.0, 1.0)))
        return self.advance(now + self._rng.uniform(10.0, 800.0))

    def _worker_starts(self) -> None:
        if len(self._scheduler.alive) >= MOST_ALIVE:
            return
        self._workers += 1
        kind, body, lives = actors.worker(self._world, self._rng.random())
        self._scheduler.start(f"{kind}{self._workers}", body, lives)
