"""Who is calling: the Lambda authorizer of the HTTP API.

A bearer that begins like an upload token is read as one, any other as a JWT, and neither as the other.

Every answer says `isAuthorized: true`, also to a bad token. HTTP APIs turn a denial into a 403 whose body
nobody can shape, but a bad token must be a 401 with a problem document. So the verdict travels in the
context: `actor_id`, `org_id` and `scopes` for a good token, with `upload_token` (what it is good for) if it is
one of those, and `refused` with the reason for a bad one. The edge of every function refuses a request without
`actor_id`, and answers 401 (503 for `keys_unavailable`) from the reason. A verifier that cannot be built raises:
the gateway then answers 500, and lets nobody in.

The token is read from the Authorization header alone; a query string ends up in access logs.
"""

import os
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NoReturn

from shared.errors import Unauthenticated, Unavailable
from shared.log import log
from shared.photos import Caller
from shared.tokens.build import build_verifier
from shared.tokens.reasons import Reason, refusal
from shared.tokens.upload_token import PREFIX, UploadTokens
from shared.tokens.upload_token_json import to_context
from shared.tokens.verify import Claims, Verifier


def lambda_handler(
    event: dict[str, Any],
    _context: object,
    verifier: Verifier | None = None,
    upload_tokens: UploadTokens | None = None,
) -> dict[str, Any]:
    """Answer the gateway in the simple format of payload 2.0."""
    try:
        token = _bearer_token(event)
    except Unauthenticated as error:
        return _refused(error)
    # Outside of every try: what cannot be built must raise, because the gateway keeps an answer, but not a failure.
    read = _reader(upload_tokens) if token.startswith(PREFIX) else (verifier or _verifier()).verify
    try:
        return _allowed(read(token))
    except (Unauthenticated, Unavailable) as error:
        return _refused(error)


@lru_cache(maxsize=1)
def _verifier() -> Verifier:
    return build_verifier(os.environ, _fetch_secret)


def _reader(given: UploadTokens | None) -> Callable[[str], Caller]:
    upload_tokens = given or _upload_tokens()
    return upload_tokens.read if upload_tokens else _refuse_all


@lru_cache(maxsize=1)
def _upload_tokens() -> UploadTokens | None:
    secret, arn = os.environ.get("UPLOAD_TOKEN_SECRET"), os.environ.get("UPLOAD_TOKEN_SECRET_ARN")
    if not secret and not arn:
        return None
    return UploadTokens((secret or _fetch_secret(arn or "")).encode())


def _refuse_all(_token: str) -> NoReturn:
    raise refusal(Reason.UPLOAD_TOKENS_OFF)


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


def _allowed(known: Claims | Caller) -> dict[str, Any]:
    upload_token = known.upload_token if isinstance(known, Caller) else None
    log.info("authorize.allowed", actor_id=known.actor_id, **({"token_id": upload_token.id} if upload_token else {}))
    identity = {
        "actor_id": known.actor_id,
        "org_id": str(known.org_id),
        "scopes": " ".join(sorted(known.scopes)),
        **({"upload_token": to_context(upload_token)} if upload_token else {}),
    }
    return {"isAuthorized": True, "context": identity}


def _refused(error: Unauthenticated | Unavailable) -> dict[str, Any]:
    log.info("authorize.refused", **error.facts)
    return {"isAuthorized": True, "context": {"refused": str(error.facts["reason"])}}
