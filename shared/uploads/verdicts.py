"""From the ledger's verdict to what the client is told."""

import math

from shared.errors import (
    AppError,
    Forbidden,
    IdempotencyKeyReused,
    InProgress,
    NotFound,
    QuotaExceeded,
    RateLimited,
)
from shared.photos import Attempt, Claim, RatePolicy, Reply, Verdict


def granted(claim: Claim, rate: RatePolicy) -> Attempt:
    """The attempt that is now ours, or the reason why there is none. A replay is not a refusal: ask first."""
    if claim.attempt is not None:
        return claim.attempt
    raise _refusal(claim, rate)


def _refusal(claim: Claim, rate: RatePolicy) -> AppError:
    if claim.verdict is Verdict.LIMITED:
        return _limited(claim, rate)
    if claim.verdict is Verdict.EXHAUSTED:
        return QuotaExceeded("There is no room for it in what your organisation, or your upload token, may upload.")
    if claim.verdict is Verdict.IN_PROGRESS:
        wait = min(claim.lease_left, 2)
        return InProgress("The first request with this Idempotency-Key is still running.", retry_after=wait)
    if claim.verdict is Verdict.REUSED:
        return IdempotencyKeyReused(
            "This Idempotency-Key was used for other content or another target. Use a new key for a new photo."
        )
    return refusal_of(claim.verdict)


def refusal_of(verdict: Verdict) -> AppError:
    """Why somebody may not touch a target; who may not know of it is told that there is none."""
    if verdict is Verdict.FORBIDDEN:
        return Forbidden("Viewers cannot upload. Ask an admin of the organisation for the member role.")
    if verdict is Verdict.STRANGER:
        return Forbidden.to_stranger()
    return NotFound("The project, hunt stop or venue does not exist, or it is not yours.")


def _limited(claim: Claim, rate: RatePolicy) -> RateLimited:
    wait = _seconds_to_next(rate, claim.tokens or 0)
    return RateLimited(
        f"Too many uploads. Please wait {wait}s and try again",
        retry_after=wait,
        headers=rate_headers(rate, claim.tokens or 0),
    )


def rate_headers(rate: RatePolicy, tokens: float | None) -> dict[str, str]:
    """The quota, and what is left of it (draft-ietf-httpapi-ratelimit-headers); nothing where nothing was taken."""
    if tokens is None:
        return {}
    window = math.ceil(rate.capacity / rate.per_second)
    return {
        "RateLimit-Policy": f'"{rate.name}";q={rate.capacity};w={window}',
        "RateLimit": f'"{rate.name}";r={math.floor(tokens)};t={_seconds_to_next(rate, tokens)}',
    }


def _seconds_to_next(rate: RatePolicy, tokens: float) -> int:
    return max(1, math.ceil((1 - tokens % 1) / rate.per_second))


def told_again(reply: Reply) -> Reply:
    """A stored reply, as it was; a stored refusal is raised anew, so that it reads like the first one."""
    if reply.status < 400:
        return reply
    raise refusal_named(str(reply.body["code"]))(str(reply.body["message"]))


def refusal_named(code: str) -> type[AppError]:
    """The class that a stored code belongs to; codes are unique in the tree."""
    todo: list[type[AppError]] = [AppError]
    while todo:
        found = todo.pop()
        if found.code == code:
            return found
        todo.extend(found.__subclasses__())
    return AppError
