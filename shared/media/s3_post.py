"""Which form a browser may post, and no other: its fields, and the policy that binds them."""

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shared.aws.sigv4 import Signer

CREATED: Final = "201"


@dataclass(frozen=True, slots=True)
class SignedPost:
    """A grant to post one file as a form: these fields first, and the field `file` last."""

    url: str
    fields: Mapping[str, str]
    expires_in: int
    expires_at: datetime


def signed_form(
    signer: Signer, *, bucket: str, name: str, mime: str, sizes: tuple[int, int], at: datetime, until: datetime
) -> dict[str, str]:
    """Permit one name, one type and a range of sizes; S3 refuses every field that the policy does not name."""
    who = signer.form_fields(at)
    conditions: list[object] = [
        {"content-type": mime},
        {"success_action_status": CREATED},
        ["content-length-range", *sizes],
        {"bucket": bucket},
        {"key": name},
        *({field.lower(): value} for field, value in who.items()),
    ]
    policy = json.dumps({"expiration": f"{until:%Y-%m-%dT%H:%M:%SZ}", "conditions": conditions})
    encoded = b64encode(policy.encode()).decode("ascii")
    # Uppy 5 reports the bucket that it finds among the fields: it is one, though the URL has it already.
    chosen = {"key": name, "success_action_status": CREATED, "content-type": mime, "bucket": bucket}
    return {**chosen, **who, "Policy": encoded, "X-Amz-Signature": signer.seal(encoded, at)}
