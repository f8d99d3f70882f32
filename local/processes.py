"""Which processes a stack owns, and how they end."""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from shared.errors import Misconfigured

LOOPBACK = "127.0.0.1"

# A clock that is set between two looks moves the creation time of every process a little.
CLOCK_SLACK = 2.0
POLITE_SECONDS = 4.0
FORCED_SECONDS = 5.0
PAUSE = 0.02


@dataclass(frozen=True, slots=True)
class Group:
    """The leader of a process group of ours; its pid alone may one day be somebody else's."""

    name: str
    pid: int
    created: float


class Processes:
    """The process groups of one stack, on disk too: a killed stack cannot tidy up, but the next one can."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._running: dict[Group, subprocess.Popen[bytes]] = {}

    def spawn(
        self, name: str, command: Sequence[str], *, env: Mapping[str, str], cwd: Path, log: Path
    ) -> subprocess.Popen[bytes]:
        """Start a command as the leader of a group of its own, out of reach of the terminal's Ctrl-C."""
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                env=dict(env),
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        group = Group(name, process.pid, psutil.Process(process.pid).create_time())
        self._running[group] = process
        self._remember()
        return process

    def fallen(self) -> str | None:
        """Name a part that ended although nobody asked it to."""
        return next((g.name for g, process in self._running.items() if process.poll() is not None), None)

    def end(self) -> None:
        """End every group, and forget it."""
        end_groups(self._running)
        for process in self._running.values():
            process.wait()
        self._running.clear()
        self._remember()

    def end_leftovers(self) -> list[str]:
        """End what a stack that was killed has left running; name it."""
        left = [group for group in _recorded(self._file) if members(group)]
        end_groups(left)
        self._remember()
        return [group.name for group in left]

    def _remember(self) -> None:
        draft = self._file.with_suffix(".new")
        draft.write_text(json.dumps([asdict(group) for group in self._running]))
        draft.replace(self._file)


def _recorded(file: Path) -> list[Group]:
    try:
        return [Group(**entry) for entry in json.loads(file.read_text())]
    except (FileNotFoundError, ValueError, TypeError):
        # A file cut off by a full disk names nothing that could be ended safely.
        return []


def members(group: Group) -> list[psutil.Process]:
    """Every live process of a group; none when the group's number belongs to somebody else by now."""
    found = [process for process in psutil.process_iter() if _belongs(process, group)]
    leader = next((process for process in found if process.pid == group.pid), None)
    return found if leader is None or _is_same(leader, group) else []


def _belongs(process: psutil.Process, group: Group) -> bool:
    try:
        return os.getpgid(process.pid) == group.pid and process.status() != psutil.STATUS_ZOMBIE
    except (ProcessLookupError, PermissionError, psutil.Error):
        return False


def _is_same(leader: psutil.Process, group: Group) -> bool:
    try:
        return abs(leader.create_time() - group.created) < CLOCK_SLACK
    except psutil.Error:
        return False


def end_groups(groups: Iterable[Group], polite_seconds: float = POLITE_SECONDS) -> None:
    """Ask all groups to end, and make those end that do not listen."""
    remaining = list(groups)
    for number, seconds in ((signal.SIGTERM, polite_seconds), (signal.SIGKILL, FORCED_SECONDS)):
        for group in remaining:
            _send(group, number)
        remaining = _outlive(remaining, seconds)


def _send(group: Group, number: signal.Signals) -> None:
    for process in members(group):
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)


def _outlive(groups: list[Group], seconds: float) -> list[Group]:
    deadline = time.monotonic() + seconds
    while (alive := [group for group in groups if members(group)]) and time.monotonic() < deadline:
        time.sleep(PAUSE)
    return alive


def require_free(ports: Sequence[int]) -> None:
    """Refuse to start on a port that somebody else serves."""
    for port in ports:
        if not is_free(port):
            raise Misconfigured(
                f"Port {port} is in use by another program; Keepsake needs {ports[0]} to {ports[-1]}. "
                f"End that program, or choose another first port: KEEPSAKE_PORT={ports[0] + 100}."
            )


def is_free(port: int) -> bool:
    """Whether nobody serves this port, on either loopback: a browser tries ::1 first for `localhost`."""
    return _can_bind(port) and not _is_served_on_ipv6(port)


def _can_bind(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # Connections of an earlier run that are still closing do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def _is_served_on_ipv6(port: int) -> bool:
    try:
        with socket.create_connection(("::1", port), timeout=1):
            return True
    except OSError:
        return False
