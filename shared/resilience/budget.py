"""How much time is left, and whether a next step still fits into it."""

import time
from collections.abc import Callable
from typing import Protocol, Self

from shared.errors import Unavailable


class LambdaContext(Protocol):
    """The part of Lambda's context that knows the time."""

    def get_remaining_time_in_millis(self) -> int: ...


class Budget:
    """The seconds that may still be spent; whoever is out of them starts nothing."""

    def __init__(self, remaining: Callable[[], float]) -> None:
        self._remaining = remaining

    @classmethod
    def from_context(cls, context: LambdaContext, margin: float = 0.5) -> Self:
        """Count down to the end of this invocation, less what the answer itself needs."""
        return cls(lambda: context.get_remaining_time_in_millis() / 1000 - margin)

    @classmethod
    def seconds(cls, seconds: float, clock: Callable[[], float] = time.monotonic) -> Self:
        """Count down from now."""
        ends = clock() + seconds
        return cls(lambda: ends - clock())

    def reserving(self, seconds: float) -> "Budget":
        """The same countdown, with a part of it kept for what must come afterwards."""
        return Budget(lambda: self._remaining() - seconds)

    def left(self) -> float:
        """Say how many seconds are left; never less than none."""
        return max(0.0, self._remaining())

    def allows(self, seconds: float) -> bool:
        """Say whether something that takes this long can still end in time."""
        left = self.left()
        return left > 0 and left >= seconds

    def timeout(self, at_most: float) -> float:
        """Limit one call: to its own limit, or to what is left."""
        left = self.left()
        if left <= 0:
            raise Unavailable("There is no time left in this request. Send it again.", retry_after=1)
        return min(at_most, left)
