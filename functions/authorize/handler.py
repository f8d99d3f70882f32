"""Who is calling: the Lambda authorizer of the HTTP API.

Every answer says `isAuthorized: true`, also to a bad token. HTTP APIs turn a denial into a 403 whose body
nobody can shape, but a bad token must be a 401 with a problem document. So the verdict travels in the
context: `actor_id`, `org_id` and `scopes` for a good token, `refused` with the reason for a bad one. The
edge of every function refuses a request without `actor_id`, and answers 401 (503 for `keys_unavailable`)
from the reason. A verifier that cannot be built raises: the gateway then answers 500, and lets nobody in.

The token is read from the Authorization header alone; a query string ends up in access logs.
"""

import os
from functools import lru_cache
from typing import Any

from shared.errors import Unauthenticated, Unavailable
from shared.log import log
from shared.tokens.build import build_verifier
from shared.tokens.reasons import Reason, refusal
from shared.tokens.verify import Claims, Verifier


def lambda_handler(event: dict[str, Any], _context: object, verifier: Verifier | None = None) -> dict[str, Any]:
    """Answer the gateway in the simple format of payload 2.0."""
    verifier = verifier or _verifier()
    try:
        claims = verifier.verify(_bearer_token(event))
    except (Unauthenticated, Unavailable) as error:
        return _refused(error)
    return _allowed(claims)


@lru_cache(maxsize=1)
def _verifier() -> Verifier:
    return build_verifier(os.environ, _fetch_secret)


def _fetch_secret(arn: str) -> str:
    # Only a deployment with a secret pays for the client.
    from shared.aws.secrets import fetch_secret  # noqa: PLC0415

    return fetch_secret(arn, os.environ)


def _bearer_token(event: dict[str, Any]) -> str:
    headers: dict[str, str] = event.get("headers") or {}
    values = [value for name, value in headers.items() if name.lower() == "authorization"]
    if not values:
        raise refusal(Reason.MISSING)
    # Payload 2.0 joins repeated headers with a comma, which no token contains.
    if len(values) > 1 or "," in values[0]:
        raise refusal(Reason.SEVERAL)
    scheme, space, token = values[0].partition(" ")
    if scheme.lower() != "bearer" or not space or token[:1] in {"", " "}:
        raise refusal(Reason.SCHEME)
    return token


def _allowed(claims: Claims) -> dict[str, Any]:
    log.info("authorize.allowed", actor_id=claims.actor_id)
    identity = {
        "actor_id": claims.actor_id,
        "org_id": str(claims.org_id),
        "scopes": " ".join(sorted(claims.scopes)),
    }
    return {"isAuthorized": True, "context": identity}


def _refused(error: Unauthenticated | Unavailable) -> dict[str, Any]:
    log.info("authorize.refused", **error.facts)
    return {"isAuthorized": True, "context": {"refused": str(error.facts["reason"])}}
