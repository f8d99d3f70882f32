"""Which published keys may prove a signature, and how each one does it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePublicKey,
    EllipticCurvePublicNumbers,
)
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from shared.tokens.header import is_key_name
from shared.tokens.shape import base64url

# The upper bound is for our CPU: the cost of a check grows with the square of the size.
_RSA_BITS: Final = range(2048, 8192 + 1)
_COORDINATE_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class PublicKey:
    """One published key and the single algorithm it is for."""

    algorithm: str
    _check: Callable[[bytes, bytes], None]

    def prove(self, signing_input: bytes, signature: bytes) -> bool:
        try:
            self._check(signature, signing_input)
        except (InvalidSignature, ValueError):
            return False
        return True


def usable_keys(document: bytes) -> dict[str, PublicKey]:
    """Pick the keys of a JWK set that are meant for signatures and strong enough; ignore the others."""
    listed = json.loads(document)["keys"]
    found: dict[str, PublicKey] = {}
    for jwk in listed:
        key = _public_key(jwk) if isinstance(jwk, dict) and is_key_name(jwk.get("kid")) else None
        if key is not None:
            found.setdefault(jwk["kid"], key)
    return found


def _public_key(jwk: dict[str, Any]) -> PublicKey | None:
    # A published private key proves nothing any more: anyone can sign with it.
    if not _is_for_signatures(jwk) or "d" in jwk:
        return None
    try:
        key = _rsa(jwk) if jwk.get("kty") == "RSA" else _elliptic(jwk)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return key if jwk.get("alg", key.algorithm) == key.algorithm else None


def _is_for_signatures(jwk: dict[str, Any]) -> bool:
    operations = jwk.get("key_ops", ["verify"])
    return jwk.get("use", "sig") == "sig" and isinstance(operations, list) and "verify" in operations


def _rsa(jwk: dict[str, Any]) -> PublicKey:
    modulus = _number(jwk["n"])
    if modulus.bit_length() not in _RSA_BITS:
        raise ValueError("RSA key too small or too large")
    key = RSAPublicNumbers(e=_number(jwk["e"]), n=modulus).public_key()

    def check(signature: bytes, signing_input: bytes, key: RSAPublicKey = key) -> None:
        key.verify(signature, signing_input, PKCS1v15(), SHA256())

    return PublicKey("RS256", check)


def _elliptic(jwk: dict[str, Any]) -> PublicKey:
    if (jwk.get("kty"), jwk.get("crv")) != ("EC", "P-256"):
        raise ValueError("not a P-256 key")
    x, y = _number(jwk["x"]), _number(jwk["y"])
    key = EllipticCurvePublicNumbers(x, y, SECP256R1()).public_key()

    def check(signature: bytes, signing_input: bytes, key: EllipticCurvePublicKey = key) -> None:
        key.verify(_der(signature), signing_input, ECDSA(SHA256()))

    return PublicKey("ES256", check)


def _der(signature: bytes) -> bytes:
    # JWS carries r and s side by side (RFC 7518 §3.4); the library wants them in DER.
    if len(signature) != 2 * _COORDINATE_BYTES:
        raise ValueError("an ES256 signature has 64 bytes")
    r, s = signature[:_COORDINATE_BYTES], signature[_COORDINATE_BYTES:]
    return encode_dss_signature(int.from_bytes(r), int.from_bytes(s))


def _number(text: str) -> int:
    return int.from_bytes(base64url(text))
