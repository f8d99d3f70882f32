"""Upload tokens: who had one made, for what, and until when, signed by us and for us alone."""

import hmac
import json
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from shared.errors import Misconfigured
from shared.photos import Caller, UploadToken
from shared.tokens.keys import MIN_SECRET_BYTES
from shared.tokens.reasons import Reason, refusal
from shared.tokens.shape import base64url
from shared.tokens.upload_token_json import NOT_OURS, said_of, token_said

PREFIX: Final = "kst1_"
UPLOAD: Final = "upload"
STATUS: Final = "status"
OPERATIONS: Final = frozenset({UPLOAD, STATUS})
# It must fit into a path, next to all that a gateway lets a request line and its headers have.
MAX_CHARACTERS: Final = 4096
# Signed along: whatever else the same key may sign does not begin like this. No JWT does: it has no space.
_PURPOSE: Final = b"keepsake upload token 1: "
_TOKEN = re.compile(PREFIX + r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{43})")


class UploadTokens:
    """Signs upload tokens, and reads back only what it signed."""

    def __init__(self, key: bytes, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        if len(key) < MIN_SECRET_BYTES:
            raise Misconfigured(
                f"UPLOAD_TOKEN_SECRET has {len(key)} bytes, at least {MIN_SECRET_BYTES} are needed: "
                "generate a random one."
            )
        self._key = key
        self._clock = clock

    def expiry(self, seconds: int) -> datetime:
        """When a token ends that is made now; a whole second, because tokens know no parts of one."""
        return self._clock().replace(microsecond=0) + timedelta(seconds=seconds)

    def mint(self, caller: Caller) -> str:
        """The text to hand out; every character of it may stand in a path."""
        if caller.upload_token is None:
            raise ValueError("a caller without an upload token has nothing to sign")
        who = {"org": str(caller.org_id), "actor": caller.actor_id}
        said = {**who, **said_of(caller.upload_token)}
        payload = _base64url(json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode())
        return f"{PREFIX}{payload}.{self._signature(payload)}"

    def read(self, text: str) -> Caller:
        """Who had it made, and what its bearer may do in that name; Unauthenticated when it is not good."""
        parts = _TOKEN.fullmatch(text) if len(text) <= MAX_CHARACTERS else None
        if parts is None:
            raise refusal(Reason.NOT_MINTED)
        payload, signature = parts.groups()
        # The texts are compared, not the bytes they stand for: one signature has one spelling.
        if not hmac.compare_digest(self._signature(payload), signature):
            raise refusal(Reason.SIGNATURE)
        caller, token = _proven(payload)
        if token.expires_at <= self._clock():
            raise refusal(Reason.EXPIRED)
        return caller

    def _signature(self, payload: str) -> str:
        return _base64url(hmac.digest(self._key, _PURPOSE + payload.encode(), "sha256"))


def _proven(payload: str) -> tuple[Caller, UploadToken]:
    try:
        said = json.loads(base64url(payload))
        token = token_said(said)
        return Caller(_name(said["actor"]), UUID(said["org"]), upload_token=token), token
    except NOT_OURS:
        raise refusal(Reason.NOT_MINTED) from None


def _name(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError("a name is expected")
    return value


def _base64url(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
