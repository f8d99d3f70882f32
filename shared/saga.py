"""A saga as a table of steps: forward in order, back in reverse, and only forward once the pivot is passed."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from shared.errors import AppError
from shared.log import log

State = TypeVar("State")
Deps = TypeVar("Deps")


class TurnedOutDone(Exception, Generic[State]):
    """Raised by an undo that finds its saga finished after all: the outcome was unknown, and it was success."""

    def __init__(self, state: State) -> None:
        super().__init__("the saga was finished after all")
        self.state = state


@dataclass(frozen=True, slots=True)
class Step(Generic[State, Deps]):
    """One effect. `do` and `undo` may both run twice; `undo` needs nothing that `do` returned."""

    do: Callable[[State, Deps], State]
    undo: Callable[[State, Deps, AppError], None] | None = None


class Pivot(Step[State, Deps]):
    """The step that decides. What comes after it cannot fail the saga: recovery finishes it."""


def run(steps: Sequence[Step[State, Deps]], state: State, deps: Deps) -> State:
    """Walk the table. On an error before or at the pivot, undo what was begun, newest first, and raise it."""
    begun: list[Step[State, Deps]] = []
    decided = False
    for step in steps:
        begun.append(step)
        started = time.perf_counter()
        try:
            state = step.do(state, deps)
        except AppError as error:
            facts = {"step": step.do.__name__, "code": error.code, "took_ms": _since(started)}
            if decided:
                log.warning("saga.left_to_recovery", **facts, detail=error.message)
                return state
            log.info("saga.step_failed", **facts)
            try:
                _undo(begun, state, deps, error)
            except TurnedOutDone as done:
                return done.state  # type: ignore[no-any-return]
            raise
        log.info("saga.step", step=step.do.__name__, took_ms=_since(started))
        decided = decided or isinstance(step, Pivot)
    return state


def _undo(begun: list[Step[State, Deps]], state: State, deps: Deps, error: AppError) -> None:
    for step in reversed(begun):
        if step.undo is None:
            continue
        started = time.perf_counter()
        try:
            step.undo(state, deps, error)
        except AppError as trouble:
            # What made the saga fail is what must be told; what cannot be undone now, recovery undoes.
            log.warning("saga.undo_left_to_recovery", step=step.undo.__name__, code=trouble.code)
        else:
            log.info("saga.undone", step=step.undo.__name__, took_ms=_since(started))


def _since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 1)
