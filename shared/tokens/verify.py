"""Is this bearer token good? Shape, then header, then signature, then claims: each step trusts the last."""

import time
from collections.abc import Callable

from shared.tokens.claims import Claims, Expected, read_claims
from shared.tokens.header import check_header
from shared.tokens.keys import Keys
from shared.tokens.reasons import Reason, refusal
from shared.tokens.shape import parse

__all__ = ["Claims", "Verifier"]


class Verifier:
    """Accepts the tokens of one issuer for one audience, signed with one family of algorithms."""

    def __init__(
        self,
        keys: Keys,
        issuer: str,
        audience: str,
        leeway: int = 60,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._keys = keys
        self._expected = Expected(issuer, audience, leeway)
        self._clock = clock

    def verify(self, token: str) -> Claims:
        """Read what the token says; Unauthenticated when it is not good, Unavailable when we cannot tell."""
        jws = parse(token)
        check_header(jws.header, self._keys.algorithms)
        if not self._keys.prove(jws):
            raise refusal(Reason.SIGNATURE)
        return read_claims(jws.payload, self._expected, self._clock())
