"""What a proven payload must say, claim by claim and type by type."""

import re
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from shared.tokens.reasons import Reason, refusal

MAX_LIFETIME: Final = 366 * 24 * 3600
_MAX_SUBJECT: Final = 255
# RFC 6749 §3.3: printable ASCII without quote and backslash, one space between two scopes.
_SCOPES = re.compile(r"(?:[!#-\[\]-~]+(?: [!#-\[\]-~]+)*)?")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
# Keycloak puts the kind of token into the payload's own typ.
_OTHER_TOKENS: Final = frozenset({"id", "refresh", "offline"})
# Only OpenID Connect ID tokens carry these.
_ID_TOKEN_CLAIMS: Final = frozenset({"at_hash", "c_hash"})


@dataclass(frozen=True, slots=True)
class Claims:
    """Who is calling, for which organisation, with which scopes, and until when."""

    actor_id: str
    org_id: UUID
    scopes: frozenset[str]
    expires_at: int


@dataclass(frozen=True, slots=True)
class Expected:
    """What this deployment wants a token to say."""

    issuer: str
    audience: str
    leeway: int


def read_claims(payload: dict[str, Any], expected: Expected, now: float) -> Claims:
    """Turn a proven payload into Claims, or refuse it."""
    expires_at = _check_times(payload, expected.leeway, now)
    _check_parties(payload, expected)
    _check_kind(payload)
    return Claims(
        actor_id=_subject(payload.get("sub")),
        org_id=_organisation(payload.get("org")),
        scopes=_scopes(payload.get("scope", "")),
        expires_at=expires_at,
    )


def _check_times(payload: dict[str, Any], leeway: int, now: float) -> int:
    expires_at, issued_at = _whole(payload.get("exp")), _whole(payload.get("iat"))
    not_before = _whole(payload["nbf"]) if "nbf" in payload else issued_at
    if max(issued_at, not_before) > now + leeway:
        raise refusal(Reason.TOO_EARLY)
    if expires_at <= now - leeway:
        raise refusal(Reason.EXPIRED)
    if expires_at - issued_at > MAX_LIFETIME:
        raise refusal(Reason.TOO_LASTING)
    return expires_at


def _whole(value: object) -> int:
    # type() and not isinstance(): True is an int, and 1e400 is a float.
    if type(value) is not int:
        raise refusal(Reason.CLAIMS)
    return value


def _check_parties(payload: dict[str, Any], expected: Expected) -> None:
    if _text(payload.get("iss")) != expected.issuer:
        raise refusal(Reason.ISSUER)
    audience = payload.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if expected.audience not in [_text(one) for one in audiences]:
        raise refusal(Reason.AUDIENCE)


def _check_kind(payload: dict[str, Any]) -> None:
    if payload.get("token_use", "access") != "access" or not _ID_TOKEN_CLAIMS.isdisjoint(payload):
        raise refusal(Reason.NOT_ACCESS)
    if _text(payload.get("typ", "")).lower() in _OTHER_TOKENS:
        raise refusal(Reason.NOT_ACCESS)


def _subject(value: object) -> str:
    subject = _text(value)
    # isprintable() also refuses lone surrogates, which no log and no database can store.
    if not 1 <= len(subject) <= _MAX_SUBJECT or not subject.isprintable():
        raise refusal(Reason.CLAIMS)
    return subject


def _organisation(value: object) -> UUID:
    text = _text(value)
    # UUID() alone also takes braces, a urn: prefix and no hyphens: many spellings of one organisation.
    if not _UUID.fullmatch(text):
        raise refusal(Reason.CLAIMS)
    return UUID(text)


def _scopes(value: object) -> frozenset[str]:
    text = _text(value)
    if not _SCOPES.fullmatch(text):
        raise refusal(Reason.CLAIMS)
    return frozenset(text.split())


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise refusal(Reason.CLAIMS)
    return value
