"""What a delivery looks like on its way: its body, and the headers that prove whose it is (Standard Webhooks)."""

import base64
import hashlib
import hmac
import json
import secrets
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from shared.db.hook_facts import Due

PREFIX: Final = "whsec_"
SECRET_BYTES: Final = 32


def new_secret() -> str:
    """A key that nobody else has."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def body_of(due: "Due") -> bytes:
    """What happened and when; the same bytes at every try."""
    told = {
        "type": due.topic,
        "timestamp": due.created_at.isoformat().replace("+00:00", "Z"),
        "data": {"event_id": str(due.event_id), "org_id": str(due.org_id), **due.payload},
    }
    return json.dumps(told, separators=(",", ":")).encode()


def headers_of(due: "Due", body: bytes, at: int) -> dict[str, str]:
    """The id is the event's and stays; the time is that of this try, so that a replay can be told from it."""
    name = str(due.event_id)
    key = base64.b64decode(due.secret.removeprefix(PREFIX))
    digest = hmac.digest(key, f"{name}.{at}.".encode() + body, hashlib.sha256)
    return {
        "content-type": "application/json",
        "webhook-id": name,
        "webhook-timestamp": str(at),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }
