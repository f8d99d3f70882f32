"""What a store's no means for us: the same decision for every store, in words that name it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from shared.aws.http import NoAnswer, NotSent
from shared.errors import AppError, OutcomeUnknown, ProviderDown, StoreBusy, StoreRefused, StoreUnavailable
from shared.failures.table import Rule

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Speaker:
    """A store as our messages call it, what an operator should check, and how long "slow down" lasts."""

    name: str
    check: str
    slow_down: int = 2

    def refusal(self, action: str, rule: Rule, *, reason: str, writes: bool, wait: int | None) -> AppError:
        """Turn a reply that is not a success into the error that says what must follow."""
        error: AppError
        match rule.failure_class:
            case "outage":
                error = ProviderDown(f"{self.name} refuses us to {action}: it must be repaired.", check=self.check)
            case "permanent":
                error = StoreRefused(f"{self.name} refuses to {action} for good ({reason}).")
            case "transient" if rule.type == "rate_limited":
                error = StoreBusy(f"{self.name} asks to {action} later.", retry_after=wait or self.slow_down)
            case "ambiguous":
                error = unclear(writes)(f"{self.name} failed to {action}, or to say that it did.", retry_after=wait)
            case _:
                error = StoreUnavailable(f"{self.name} cannot {action} right now.", retry_after=wait)
        error.facts |= {"reason": reason, "failure_type": rule.type}
        return error

    def heard(self, action: str, ask: Callable[[], T], *, writes: bool) -> T:
        """Ask, and say in our words when no answer came."""
        try:
            return ask()
        except NotSent as error:
            said = f"{self.name} cannot be reached to {action}: nothing was sent."
            raise StoreUnavailable(said, failure_type="not_sent") from error
        except NoAnswer as error:
            said = f"{self.name} did not answer when asked to {action}."
            raise unclear(writes)(said, failure_type="no_answer") from error


def unclear(writes: bool) -> type[AppError]:  # noqa: FBT001 - the one thing that this depends on
    """A lost reply of a question is only a lost question; of an order, nobody knows."""
    return OutcomeUnknown if writes else StoreUnavailable
