"""Which token headers are accepted: nothing in a header may choose a key, only name one."""

import re
from typing import Any, Final

from shared.tokens.reasons import Reason, refusal

# Each would let the sender bring its own key (RFC 8725 §3.10), or change what is signed (RFC 7797).
_FORBIDDEN: Final = frozenset({"crit", "b64", "jku", "x5u", "jwk", "x5c"})
_TYPES: Final = frozenset({"jwt", "at+jwt"})
_KEY_NAME = re.compile(r"(?!.*\.\.)[A-Za-z0-9._+/=-]{1,128}")


def check_header(header: dict[str, Any], algorithms: frozenset[str]) -> None:
    """Refuse a header that asks for anything but: this algorithm, this key by name."""
    if not _FORBIDDEN.isdisjoint(header):
        raise refusal(Reason.HEADER)
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in algorithms:
        raise refusal(Reason.ALGORITHM)
    if not _is_accepted_type(header.get("typ", "JWT")):
        raise refusal(Reason.NOT_ACCESS)
    if "kid" in header and not is_key_name(header["kid"]):
        raise refusal(Reason.HEADER)


def is_key_name(kid: object) -> bool:
    """Whether a kid is fit to be a dictionary key: no path, no URL, no SQL."""
    return isinstance(kid, str) and _KEY_NAME.fullmatch(kid) is not None


def _is_accepted_type(typ: object) -> bool:
    return isinstance(typ, str) and typ.lower() in _TYPES
