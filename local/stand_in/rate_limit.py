"""The rate limit: how much of this hour's Admin API budget is left."""

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import formatdate
from threading import Lock

from local.stand_in_parts.replies import Refused

FREE_PLAN_LIMIT = 500
RATE_LIMITED = 420
HOUR = 3600


class RateLimit:
    """A fixed window of one clock hour, as Cloudinary counts."""

    def __init__(self, clock: Callable[[], float], limit: int = FREE_PLAN_LIMIT) -> None:
        self._clock = clock
        self._lock = Lock()
        self._limit = limit
        self._used = 0
        self._hour = 0

    def spend(self) -> None:
        """Take one call out of the budget, or refuse the call when nothing is left."""
        with self._lock:
            self._turn_the_hour()
            if self._used < self._limit:
                self._used += 1
                return
        raise self.exceeded()

    def set(self, limit: int) -> None:
        """Give a new limit and a fresh budget."""
        with self._lock:
            self._limit, self._used = limit, 0

    def facts(self) -> dict[str, int]:
        with self._lock:
            self._turn_the_hour()
            return {"limit": self._limit, "remaining": self._limit - self._used, "reset": self._reset()}

    def headers(self) -> dict[str, str]:
        facts = self.facts()
        return {
            "X-FeatureRateLimit-Limit": str(facts["limit"]),
            "X-FeatureRateLimit-Remaining": str(facts["remaining"]),
            "X-FeatureRateLimit-Reset": formatdate(facts["reset"], usegmt=True),
        }

    def exceeded(self) -> Refused:
        facts = self.facts()
        again = datetime.fromtimestamp(facts["reset"], UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        message = f"Rate Limit Exceeded. Limit of {facts['limit']} api operations reached. Try again on {again}"
        return Refused(RATE_LIMITED, message)

    def _turn_the_hour(self) -> None:
        hour = int(self._clock()) // HOUR
        if hour != self._hour:
            self._hour, self._used = hour, 0

    def _reset(self) -> int:
        return (self._hour + 1) * HOUR
