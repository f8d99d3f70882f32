"""Why a bearer token is refused: a closed list, each reason with the sentence its sender may read."""

from enum import StrEnum
from typing import Final

from shared.errors import Unauthenticated, Unavailable


class Reason(StrEnum):
    """The slug that travels from the authorizer to the edge, and into the log."""

    MISSING = "token_missing"
    SCHEME = "authorization_scheme"
    SEVERAL = "authorization_ambiguous"
    TOO_LONG = "token_too_long"
    SHAPE = "token_malformed"
    HEADER = "token_header"
    ALGORITHM = "token_algorithm"
    KEY_UNKNOWN = "key_unknown"
    KEYS_UNAVAILABLE = "keys_unavailable"
    SIGNATURE = "signature_invalid"
    CLAIMS = "claims_invalid"
    EXPIRED = "token_expired"
    TOO_EARLY = "token_not_yet_valid"
    TOO_LASTING = "token_lifetime"
    ISSUER = "issuer_unknown"
    AUDIENCE = "audience_mismatch"
    NOT_ACCESS = "not_an_access_token"
    NOT_MINTED = "upload_token_malformed"
    UPLOAD_TOKENS_OFF = "upload_tokens_off"


_SENTENCES: Final[dict[Reason, str]] = {
    Reason.MISSING: "The Authorization header is missing: send 'Authorization: Bearer <token>'.",
    Reason.SCHEME: "The Authorization header must be 'Bearer', one space, and the token.",
    Reason.SEVERAL: "The request has more than one Authorization header: send exactly one.",
    Reason.TOO_LONG: "The bearer token is longer than 8192 characters: ask for fewer claims.",
    Reason.SHAPE: "The bearer token is not a compact JWS of three unpadded base64url parts.",
    Reason.HEADER: "The token's header has a member that is not accepted here.",
    Reason.ALGORITHM: "The token is signed with an algorithm that is not accepted here.",
    Reason.KEY_UNKNOWN: "The token is signed with a key that its issuer does not publish: get a new token.",
    Reason.KEYS_UNAVAILABLE: "The keys that prove tokens cannot be fetched right now: try again.",
    Reason.SIGNATURE: "The token's signature does not match: get a new token.",
    Reason.CLAIMS: "A claim is missing or of the wrong type: exp, iat, iss, aud, sub and org are needed.",
    Reason.EXPIRED: "The token has expired: get a new one.",
    Reason.TOO_EARLY: "The token is not valid yet: check the clock of its issuer.",
    Reason.TOO_LASTING: "The token lives longer than 366 days: get one with an earlier exp.",
    Reason.ISSUER: "The token comes from another issuer than the one trusted here.",
    Reason.AUDIENCE: "The token is meant for another service.",
    Reason.NOT_ACCESS: "An access token is required, not an ID or refresh token.",
    Reason.NOT_MINTED: "This is not an upload token of ours: send it whole and unchanged, or have a new one made.",
    Reason.UPLOAD_TOKENS_OFF: "Upload tokens are not set up in this deployment: send an access token.",
}
# RFC 6750: a challenge names an error only when the request carried a token at all.
_CHALLENGE: Final = 'Bearer error="invalid_token"'


def refusal(reason: Reason) -> Unauthenticated | Unavailable:
    """Make the error for a reason, ready to raise: 401, or 503 where the fault is ours."""
    if reason is Reason.KEYS_UNAVAILABLE:
        return keys_unavailable("not told")
    headers = {"WWW-Authenticate": "Bearer" if reason is Reason.MISSING else _CHALLENGE}
    return Unauthenticated(_SENTENCES[reason], headers=headers, reason=reason.value)


def refusal_named(slug: object) -> Unauthenticated | Unavailable:
    """Make the same from an authorizer's context; whatever is not a known slug counts as no token."""
    known = {reason.value: reason for reason in Reason}
    return refusal(known.get(str(slug), Reason.MISSING))


def keys_unavailable(detail: str) -> Unavailable:
    """Make the one refusal that is not the token's fault; the detail is for our log."""
    reason = Reason.KEYS_UNAVAILABLE
    return Unavailable(_SENTENCES[reason], reason=reason.value, detail=detail)
