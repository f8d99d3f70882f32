"""The account: what every stand-in remembers, whichever provider it plays."""

import sys
import traceback
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import ClassVar

from local.stand_in_parts.faults import Faults, Orders
from local.stand_in_parts.replies import SERVER_ERROR, Refused, Reply


class Calls:
    """How often each operation was called, faults included: what a caller sent is what it is billed for."""

    def __init__(self, operations: Collection[str]) -> None:
        self._operations = operations
        self._counts: Counter[str] = Counter()
        self._lock = Lock()

    def count(self, operation: str) -> None:
        with self._lock:
            self._counts[operation] += 1

    def listed(self) -> dict[str, int]:
        with self._lock:
            return {str(operation): self._counts[operation] for operation in self._operations}

    def clear(self) -> None:
        with self._lock:
            self._counts.clear()


@dataclass(slots=True, kw_only=True)
class Account(ABC):
    """One account with a provider, as far as all providers are alike."""

    provider: ClassVar[str]
    orders: ClassVar[Orders]

    base_url: str = ""
    faults: Faults = field(init=False, default_factory=Faults)
    calls: Calls = field(init=False)
    stopping: Event = field(init=False, default_factory=Event)
    # Waits so many seconds, or less when the stand-in stops: True tells that it did.
    wait: Callable[[float], bool] = field(init=False)

    def __post_init__(self) -> None:
        self.calls = Calls(self.orders.operations)
        self.wait = self.stopping.wait

    def order(self, sent: object) -> None:
        """Arm one fault; a ValueError says what was wrong with the order."""
        self.faults.arm(self.orders.parse(sent))

    @abstractmethod
    def refuse(self, refused: Refused) -> Reply:
        """Say it as the provider does."""

    def say(self, act: Callable[[], Reply]) -> Reply:
        """Turn a refusal into its answer, and a mistake of the double into one that cannot be overlooked."""
        try:
            return act()
        except Refused as refused:
            return self.refuse(refused)
        except ConnectionError:
            raise
        except Exception as error:  # noqa: BLE001 -- the last floor: beyond it there is only a dead connection
            traceback.print_exc(file=sys.stderr)
            return self.refuse(Refused(SERVER_ERROR, f"The stand-in itself failed: {error!r}"))
