"""What can prove a signature: one secret we share with the issuer, or keys the issuer publishes."""

import hmac
from typing import Final, Protocol

from shared.errors import Misconfigured
from shared.tokens.shape import Jws

MIN_SECRET_BYTES: Final = 32
# Anyone knows a public key: as an HMAC secret it would let anyone sign.
_PUBLISHED: Final = (b"-----BEGIN ", b'"kty"', b"ssh-rsa ", b"ecdsa-sha2-")


class Keys(Protocol):
    """One family of algorithms, and the keys to prove signatures of that family."""

    @property
    def algorithms(self) -> frozenset[str]: ...

    def prove(self, jws: Jws) -> bool:
        """Whether the signature holds; raises when the key is unknown or cannot be had."""
        ...


class SharedSecret:
    """HS256, and nothing else; the standard library is enough, so a cold start stays short."""

    algorithms: Final = frozenset({"HS256"})

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()
        if len(self._secret) < MIN_SECRET_BYTES:
            raise Misconfigured(
                f"TOKEN_SECRET has {len(self._secret)} bytes, HS256 needs at least {MIN_SECRET_BYTES}: "
                "generate a random one."
            )
        if any(mark in self._secret for mark in _PUBLISHED):
            raise Misconfigured("TOKEN_SECRET holds an asymmetric key: use TOKEN_JWKS_URL, or a random secret.")

    def prove(self, jws: Jws) -> bool:
        return hmac.compare_digest(hmac.digest(self._secret, jws.signing_input, "sha256"), jws.signature)
