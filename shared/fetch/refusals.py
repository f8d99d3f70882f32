"""What a stranger's host, or the lack of it, means for us: each a decision that the caller can make."""

from typing import ClassVar, Final

from shared.errors import (
    AppError,
    FailureClass,
    OutcomeUnknown,
    ProviderDown,
    StoreRefused,
    Trouble,
    Unavailable,
    Unprocessable,
)
from shared.failures import diagnose

SLOW_DOWN_SECONDS: Final = 2
# The last step of the schedule: nobody is made to wait for longer because a stranger says so.
LONGEST_WAIT_SECONDS: Final = 6 * 3600


class UrlNotAllowed(Unprocessable):
    """This address is not fetched from."""

    code = "url_not_allowed"

    def __init__(self, why: str) -> None:
        # One sentence for every closed door: who hears which one it was can map our network. `why` is for our log.
        super().__init__("This address is not fetched from. Give the http or https URL of a host that is public.")
        self.why = why


class UpstreamInvalid(Unprocessable):
    """What the host answered cannot be used."""

    code = "upstream_invalid"


class UpstreamTooSlow(UpstreamInvalid):
    """The host did not finish its answer in time."""

    retryable, failure_class = True, "transient"


class UpstreamBrokeOff(UpstreamInvalid):
    """The host's answer ended before its end."""

    retryable, failure_class = True, "ambiguous"


class UpstreamUnavailable(Unavailable):
    """The host cannot be reached, or does not answer."""

    code = "upstream_unavailable"


class UpstreamBusy(UpstreamUnavailable):
    """The host asks us to slow down."""

    code = "upstream_busy"


class UpstreamUnclear(Trouble):
    """The host failed, and does not say for how long."""

    code = "upstream_unclear"
    failure_class: ClassVar[FailureClass] = "ambiguous"


class UpstreamRefused(StoreRefused):
    """The host refuses this request for good."""

    code = "upstream_refused"


def unreached(failure_type: str, cause: BaseException) -> AppError:
    """Closed, silent, absent or no web server at all: the same words for all of them."""
    return UpstreamUnavailable(failure_type=failure_type, reason=type(cause).__name__)


def unheard(cause: BaseException, *, writes: bool) -> AppError:
    """No answer came to what was sent: a question is only lost, an order may have been carried out."""
    if writes:
        return OutcomeUnknown(failure_type="no_answer", reason=type(cause).__name__)
    return unreached("network_timeout" if isinstance(cause, TimeoutError) else "no_answer", cause)


def refusal(origin: str, status: int, mark: str, *, writes: bool, wait: str | None) -> AppError:
    """Turn an answer that is not a success into the error that says what must follow; its body is never repeated."""
    rule = diagnose(origin, status, mark)
    pause, said = _seconds(wait), f"The host answered {status}"
    error: AppError
    match rule.failure_class:
        case "outage":
            error = ProviderDown(f"{said}: it refuses us.", check="the credentials and the quota at that host")
        case "permanent":
            error = UpstreamRefused(f"{said}: it will not answer otherwise. Give another URL.")
        case "transient" if rule.type == "rate_limited":
            error = UpstreamBusy(f"{said}: it asks us to slow down.", retry_after=pause or SLOW_DOWN_SECONDS)
        case "ambiguous":
            kind = OutcomeUnknown if writes else UpstreamUnclear
            error = kind(f"{said}: it may work another time.", retry_after=pause)
        case _:
            error = UpstreamUnavailable(f"{said}: it cannot serve this right now.", retry_after=pause)
    error.facts |= {"reason": f"status {status}", "failure_type": rule.type}
    return error


def _seconds(retry_after: str | None) -> int | None:
    if not retry_after or not retry_after.isdecimal():
        return None
    return LONGEST_WAIT_SECONDS if len(retry_after) > 9 else min(int(retry_after), LONGEST_WAIT_SECONDS)
