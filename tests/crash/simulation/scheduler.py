"""Who moves next: actors are switched at every call, before its effect and between effect and reply."""

from collections.abc import Callable
from enum import StrEnum
from random import Random
from typing import cast

from greenlet import GreenletExit, getcurrent, greenlet

from shared.errors import AppError
from tests.crash.simulation.faults_of_calls import Call, Fate, Late

LOSES = frozenset({Fate.LOST, Fate.LATE})


class Phase(StrEnum):
    """Where an actor stands."""

    NEW = "new"
    BEFORE = "before"
    AFTER = "after"
    DONE = "done"
    DEAD = "dead"


class Actor:
    """One process: a Lambda at work, or a client. It can stop anywhere, and for ever."""

    __slots__ = ("body", "call", "dies_at", "name", "phase", "thread")

    def __init__(self, name: str, body: Callable[[], None], dies_at: float) -> None:
        self.name, self.body, self.dies_at = name, body, dies_at
        self.phase = Phase.NEW
        self.call: Call | None = None
        self.thread: greenlet | None = None

    @property
    def waits_with(self) -> str:
        return self.call.label if self.call else ""


class Scheduler:
    """Moves one actor at a time; between two moves nothing runs."""

    def __init__(self, after_effect: Callable[[], None], rng: Random) -> None:
        self.now = 0.0
        self.alive: list[Actor] = []
        self.late: list[Late] = []
        self.running: Actor | None = None
        self.trace: list[str] | None = None
        # Once nothing fails any more, pauses would only cost time.
        self.is_straight = False
        self._after_effect = after_effect
        self._rng = rng

    def start(self, name: str, body: Callable[[], None], lives: float) -> Actor:
        """A process that has not done anything yet."""
        actor = Actor(name, body, self.now + lives)
        self.alive.append(actor)
        return actor

    def move(self, actor: Actor, fate: Fate = Fate.DONE) -> None:
        """Let it run to its next pause; where it waits with a call, this becomes of the call."""
        if self.trace is not None and actor.phase is not Phase.AFTER:
            self.say(f"{actor.name} {actor.waits_with or 'starts'}{': ' + fate if actor.call else ''}")
        self.running = actor
        if actor.thread is None:
            actor.thread = greenlet(actor.body)
            actor.thread.switch()
        else:
            actor.thread.switch(fate)
        self.running = None
        if actor.thread.dead:
            actor.phase = Phase.DONE
            self.alive.remove(actor)

    def kill(self, actor: Actor, why: str = "dies") -> None:
        """It never moves again: no except, no finally of it has any effect."""
        self.say(f"{actor.name} {why} {actor.phase} {actor.waits_with}")
        actor.phase = Phase.DEAD
        self.alive.remove(actor)

    def call(self, call: Call) -> object:
        """What every fake does for a living: pause, let it happen or not, pause, reply."""
        if self.is_straight:
            self.say(call.label)
            return _reply(*self._apply(call.effect))
        actor, hub = self.running, getcurrent().parent
        if actor is None or hub is None or actor.phase is Phase.DEAD:
            raise GreenletExit
        actor.call, actor.phase = call, Phase.BEFORE
        fate = cast("Fate", hub.switch())
        if fate is Fate.REFUSED:
            refused = self._rng.choice(actor.call.refusals)()
            actor.call, actor.phase = None, Phase.AFTER
            raise refused
        answer, error = self._happen(call, fate)
        actor.phase = Phase.AFTER
        hub.switch()
        actor.call = None
        if fate in LOSES and call.unknown is not None:
            raise call.unknown()
        return _reply(answer, error)

    def land(self, late: Late) -> None:
        """A late effect happens now; what it would have answered is heard by nobody."""
        self.late.remove(late)
        self.say(f"{late.label} lands late")
        self._apply(late.effect)

    def lose(self, late: Late) -> None:
        """A late effect never happens."""
        self.late.remove(late)
        self.say(f"{late.label} never lands")

    def say(self, what: str) -> None:
        if self.trace is not None:
            self.trace.append(f"{self.now:9.1f}  {what}")

    def _happen(self, call: Call, fate: Fate) -> tuple[object, AppError | None]:
        if fate is Fate.LATE:
            self.late.append(Late(call.label, call.effect, self.now + call.late_for))
            return None, None
        if fate is Fate.TWICE:
            self._apply(call.effect)
        return self._apply(call.effect)

    def _apply(self, effect: Callable[[], object]) -> tuple[object, AppError | None]:
        answer: object = None
        error: AppError | None = None
        try:
            answer = effect()
        except AppError as raised:
            error = raised
        self._after_effect()
        return answer, error


def _reply(answer: object, error: AppError | None) -> object:
    if error is not None:
        raise error
    return answer
