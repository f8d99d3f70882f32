"""The keys an issuer publishes: fetched when needed, kept, and asked for again only so often."""

import math
import time
from collections.abc import Callable
from typing import Final

from shared.errors import Unavailable
from shared.tokens.fetch import checked_url, fetch_document
from shared.tokens.jwk import PublicKey, usable_keys
from shared.tokens.reasons import Reason, keys_unavailable, refusal
from shared.tokens.shape import Jws

# A flood of made-up kids costs the issuer one request in this time.
REFETCH_PAUSE: Final = 300.0
# Without any keys every request fails, so we ask sooner; yet not once per request.
RETRY_PAUSE: Final = 10.0
# A key that the issuer has withdrawn is trusted this much longer, at most while the issuer answers.
MAX_AGE: Final = 3600.0


class Jwks:
    """RS256 and ES256, with the keys found at one URL."""

    algorithms: Final = frozenset({"RS256", "ES256"})

    def __init__(self, url: str, clock: Callable[[], float] = time.time) -> None:
        self._url = checked_url(url)
        self._clock = clock
        self._keys: dict[str, PublicKey] = {}
        self._asked_at = self._fetched_at = -math.inf
        self._trouble: str | None = None

    def prove(self, jws: Jws) -> bool:
        key = self._key(jws.header.get("kid"))
        if key.algorithm != jws.header["alg"]:
            raise refusal(Reason.ALGORITHM)
        return key.prove(jws.signing_input, jws.signature)

    def _key(self, kid: str | None) -> PublicKey:
        if kid is None:
            raise refusal(Reason.KEY_UNKNOWN)
        now = self._clock()
        if kid not in self._keys or now - self._fetched_at >= MAX_AGE:
            self._refresh(now)
        if kid in self._keys:
            return self._keys[kid]
        if self._trouble:
            # Perhaps the issuer has published this key: we could not ask, so we must not say no.
            raise keys_unavailable(self._trouble)
        raise refusal(Reason.KEY_UNKNOWN)

    def _refresh(self, now: float) -> None:
        pause = RETRY_PAUSE if self._fetched_at == -math.inf else REFETCH_PAUSE
        if now - self._asked_at < pause:
            return
        self._asked_at = now
        try:
            self._keys = usable_keys(fetch_document(self._url))
        except Unavailable as error:
            self._trouble = str(error.facts["detail"])
        except (ValueError, KeyError, TypeError, RecursionError):
            self._trouble = "not a JWK set"
        else:
            self._fetched_at, self._trouble = now, None
