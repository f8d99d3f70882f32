"""How a test calls a function in a process of its own, and learns where that process died."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from socket import AF_UNIX, socket
from typing import Any

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0
# Room for one call to a store and for parking, but for no second call.
ONE_TRY = (9_900,)
PLENTY = (55_000,)
WORKING = (110_000,)


@dataclass(frozen=True, slots=True)
class Call:
    """One invocation: of which function, with what, how long it may take, and at which point it shall stop."""

    function: str
    event: dict[str, Any]
    remaining: tuple[int, ...] = PLENTY
    stop_at: int | None = None
    waits: bool = False


@dataclass(slots=True)
class Outcome:
    """What came of one invocation: the points that it passed, and its answer unless it died."""

    points: list[str] = field(default_factory=list)
    answer: dict[str, Any] | None = None
    raised: str | None = None
    is_waiting: bool = False

    @property
    def was_killed(self) -> bool:
        return self.answer is None and self.raised is None and not self.is_waiting


class Container:
    """One process, warm once it has been called, and gone once it was killed."""

    def __init__(self, line: Connection) -> None:
        self._line = line
        self._outcome = Outcome()
        self.is_alive = True

    def call(self, call: Call) -> Outcome:
        self.begin(call)
        return self.end()

    def begin(self, call: Call) -> None:
        self._outcome = Outcome()
        self._line.send(asdict(call))

    def go_on(self) -> None:
        """Tell one that waits at its point to leave it."""
        self._outcome.is_waiting = False
        self._line.send("go on")

    def end(self) -> Outcome:
        """Listen until it has answered, waits, or is dead."""
        outcome = self._outcome
        while self._line.poll(PATIENCE):
            try:
                kind, what = self._line.recv()
            except (EOFError, ConnectionError):
                self.is_alive = False
                return outcome
            match kind:
                case "point":
                    outcome.points.append(what)
                case "waiting":
                    outcome.is_waiting = True
                    return outcome
                case _:
                    setattr(outcome, kind, what)
                    return outcome
        raise AssertionError(f"no answer after {PATIENCE:.0f} s; passed {outcome.points}")

    def close(self) -> None:
        self._line.close()


class Containers:
    """All processes of one test: those that live are called again, like Lambda's."""

    def __init__(self, parent: "subprocess.Popen[bytes]", door: socket) -> None:
        self._parent = parent
        self._door = door
        self._idle: dict[str, list[Container]] = {}

    def fresh(self, env: dict[str, str]) -> Container:
        assert self._parent.stdin is not None
        self._parent.stdin.write(b"\n")
        self._parent.stdin.flush()
        caller, _ = self._door.accept()
        line = Connection(caller.detach())
        line.send(env)
        return Container(line)

    def call(self, call: Call, env: dict[str, str]) -> Outcome:
        """Invoke in a warm process, or in a new one if there is none."""
        idle = self._idle.setdefault(repr(env), [])
        container = idle.pop() if idle else self.fresh(env)
        outcome = container.call(call)
        if container.is_alive:
            idle.append(container)
        else:
            container.close()
        return outcome

    def close(self) -> None:
        for idle in self._idle.values():
            for container in idle:
                container.close()


@contextmanager
def containers(home: Path) -> Iterator[Containers]:
    """Start the parent of all processes; they end with it."""
    with socket(AF_UNIX) as door, (home / "functions.log").open("wb") as log:
        door.bind(str(home / "door"))
        door.listen()
        door.settimeout(PATIENCE)
        command = [sys.executable, "-m", "tests.crash.child", str(home / "door")]
        # Nothing of the developer's environment: what a function may know comes with its first call.
        with subprocess.Popen(command, cwd=ROOT, env={}, stdin=subprocess.PIPE, stdout=log, stderr=log) as parent:
            made = Containers(parent, door)
            yield made
            made.close()
            assert parent.stdin is not None
            parent.stdin.close()
