"""Which tokens a person gets who runs Keepsake on this machine."""

import time
from uuid import UUID

import jwt

ISSUER = "keepsake-local"
AUDIENCE = "keepsake"
LIFETIME = 30 * 24 * 3600


def mint(secret: str, *, actor_id: str, org_id: UUID, scope: str = "") -> str:
    """A token for one member; what it may do is read from the membership."""
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": actor_id,
        "org": str(org_id),
        "scope": scope,
        "iat": now,
        "exp": now + LIFETIME,
    }
    return jwt.encode(claims, secret, algorithm="HS256")
