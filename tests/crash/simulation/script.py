"""Schedules written by hand: who moves up to which call, and what becomes of it."""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from shared.errors import AppError
from shared.photos import Door, Target
from tests.crash.simulation import actors
from tests.crash.simulation.climate import PEACE
from tests.crash.simulation.faults_of_calls import Fate
from tests.crash.simulation.memory_store import PHOTOS, Content
from tests.crash.simulation.rest import come_to_rest
from tests.crash.simulation.rules import Rules
from tests.crash.simulation.schedule import Schedule
from tests.crash.simulation.scheduler import Actor, Phase
from tests.crash.simulation.silence import silence
from tests.crash.simulation.world import IN_CLOUDINARY, Wish, World

A_LEASE = 61.0


class Script:
    """One world that moves only as it is told to."""

    def __init__(self, rules: Rules | None = None) -> None:
        self.world = World(0, rules or Rules(), PEACE)
        self.scheduler = self.world.scheduler
        self._schedule = Schedule(self.world, PEACE, [])

    def client(
        self,
        name: str,
        *,
        key: str = "k",
        door: Door = Door.FORM,
        target: Target = IN_CLOUDINARY,
        content: Content = PHOTOS[0],
    ) -> Actor:
        """Somebody who wants a photo stored; the same key is the same wish again."""
        wish = self.world.wishes.setdefault(key, Wish(key, door, target, content))
        return self.scheduler.start(name, actors.client(self.world, wish), actors.CLIENT)

    def worker(self, name: str, body: Callable[[World], Callable[[], None]]) -> Actor:
        return self.scheduler.start(name, body(self.world), actors.LAMBDA)

    def up_to(self, actor: Actor, label: str) -> None:
        """Let it run, and let all go well, until it is about to make this call."""
        while not (actor.phase is Phase.BEFORE and actor.waits_with.startswith(label)):
            assert actor.phase is not Phase.DONE, f"{actor.name} ended without the call {label!r}"
            self._move(actor)

    def meets(self, actor: Actor, label: str, fate: Fate) -> None:
        """Let it run up to this call; then this becomes of the call, and the caller does not know yet."""
        self.up_to(actor, label)
        self._move(actor, fate)

    def ends(self, actor: Actor) -> None:
        """Let it run to its end, and let all go well."""
        while actor.phase is not Phase.DONE:
            self._move(actor)

    def runs(self, name: str, body: Callable[[World], Callable[[], None]]) -> None:
        """One of our own jobs, from its start to its end."""
        self.ends(self.worker(name, body))

    def refuses(self, actor: Actor, error: type[AppError]) -> None:
        """The call that it waits with is answered by this definite no."""
        assert actor.call is not None
        actor.call = replace(actor.call, refusals=(error,))
        self._move(actor, Fate.REFUSED)

    def lands(self, label: str) -> None:
        """What was given up happens after all."""
        (late,) = [late for late in self.scheduler.late if late.label.startswith(label)]
        self.scheduler.land(late)

    def never_lands(self, label: str) -> None:
        (late,) = [late for late in self.scheduler.late if late.label.startswith(label)]
        self.scheduler.lose(late)

    def waits(self, seconds: float) -> None:
        self._schedule.advance(self.scheduler.now + seconds)

    def rests(self) -> None:
        """Nothing fails any more; every promise is looked at once more."""
        with silence():
            come_to_rest(self.world, self._schedule)

    def upload_id(self, key: str = "k") -> UUID:
        row = self.world.row_of(self.world.wishes[key])
        assert row is not None
        return row.id

    def _move(self, actor: Actor, fate: Fate = Fate.DONE) -> None:
        with silence():
            self.scheduler.move(actor, fate)
