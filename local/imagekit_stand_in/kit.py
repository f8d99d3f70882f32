"""One running account: its key and all that it remembers."""

from base64 import b64decode
from binascii import Error
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock

from local.imagekit_stand_in.faults import Faults, Operation
from local.imagekit_stand_in.library import Library
from local.stand_in.replies import Reply


class Edge:
    """The copies near the viewers: what was delivered once is delivered again until it is purged."""

    def __init__(self) -> None:
        self._copies: dict[str, Reply] = {}
        self._lock = Lock()

    def find(self, target: str) -> Reply | None:
        with self._lock:
            return self._copies.get(target)

    def keep(self, target: str, reply: Reply) -> None:
        with self._lock:
            self._copies[target] = reply

    def purge(self, target: str) -> None:
        """A star at the end stands for whatever follows."""
        stem = target.removesuffix("*")
        with self._lock:
            self._copies = {
                each: reply
                for each, reply in self._copies.items()
                if not (each.startswith(stem) if target.endswith("*") else each == target)
            }


class Calls:
    """How often each operation was called, faults included."""

    def __init__(self) -> None:
        self._counts: Counter[Operation] = Counter()
        self._lock = Lock()

    def count(self, operation: Operation) -> None:
        with self._lock:
            self._counts[operation] += 1

    def listed(self) -> dict[str, int]:
        with self._lock:
            return {operation.value: self._counts[operation] for operation in Operation}

    def clear(self) -> None:
        with self._lock:
            self._counts.clear()


@dataclass(slots=True)
class Kit:
    """One account: its ID, its key and all that it remembers."""

    id: str
    private_key: str
    library: Library
    stopping: Event
    # Waits so many seconds, or less when the stand-in stops: True tells that it did.
    wait: Callable[[float], bool]
    base_url: str = ""
    faults: Faults = field(default_factory=Faults)
    calls: Calls = field(default_factory=Calls)
    edge: Edge = field(default_factory=Edge)

    @property
    def url_endpoint(self) -> str:
        return f"{self.base_url}/{self.id}"

    def admits(self, authorization: str) -> bool:
        """The private key is the user name; the password does not matter."""
        try:
            user, _, _ = b64decode(authorization.removeprefix("Basic "), validate=True).decode().partition(":")
        except (Error, ValueError):
            return False
        return authorization.startswith("Basic ") and user == self.private_key


def open_kit(id_: str, *, private_key: str, home: Path) -> Kit:
    stopping = Event()
    return Kit(id_, private_key, Library(home / "files"), stopping, stopping.wait)
