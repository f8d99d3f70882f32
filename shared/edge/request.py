"""What a client sent, whatever shape of event it came in."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast
from uuid import UUID

from shared.edge.json_body import parse_json
from shared.errors import BadRequest, Forbidden, IdempotencyKeyInvalid, NotFound, Unauthenticated, Unavailable
from shared.photos import Caller
from shared.resilience.budget import Budget, LambdaContext
from shared.tokens.reasons import refusal_named
from shared.tokens.upload_token_json import from_context

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:=-]{8,128}")
_KEY = re.compile(r"[\x20-\x7e]{1,255}")
MAX_JSON = 262_144
GATEWAY_SECONDS = 29.0


@dataclass(frozen=True, slots=True)
class Request:
    """One request, understood as far as HTTP goes. Header names are lower-case."""

    method: str
    path: str
    route: str
    path_parameters: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    raw_body: str
    is_base64: bool
    request_id: str
    authorizer: Mapping[str, Any]
    base_url: str
    budget: Budget = field(compare=False)
    # Whom a token in the path names. It wins: who puts one there means it, whatever headers come along.
    bearer: Caller | None = None

    def known_as(self, public_url: str) -> "Request":
        """The same request, with links that begin with the origin that clients know us by, where one is set."""
        return replace(self, base_url=public_url.rstrip("/")) if public_url else self

    def known_to(self, caller: Caller) -> "Request":
        """The same request, asked by whom a token in its path names."""
        return replace(self, bearer=caller)

    @property
    def caller(self) -> Caller:
        """Who asks, with an access token: an upload token opens only what asks for it by `caller_for`."""
        caller = self._who_asks()
        if caller.upload_token is not None:
            raise Forbidden("An upload token does not open this. Send a member's access token instead.")
        return caller

    def caller_for(self, operation: str) -> Caller:
        """Who asks, with an access token, or with an upload token that is for this operation."""
        caller = self._who_asks()
        token = caller.upload_token
        if token is not None and operation not in token.operations:
            allowed = ", ".join(sorted(token.operations))
            raise Forbidden(
                f"This upload token is for {allowed}. Have one made whose operations include {operation}."
            )
        return caller

    @property
    def org_id(self) -> UUID | None:
        """Whose rows this request may see; nobody's, while nobody is known."""
        try:
            return self._who_asks().org_id
        except (Unauthenticated, Unavailable):
            return None

    def _who_asks(self) -> Caller:
        """Only the authorizer, and a token in the path, are believed; a header that names somebody is not."""
        if self.bearer is not None:
            return self.bearer
        actor, org = self.authorizer.get("actor_id"), self.authorizer.get("org_id")
        if self.authorizer.get("refused") or not actor or not org:
            raise refusal_named(self.authorizer.get("refused"))
        said = self.authorizer.get("upload_token")
        return Caller(
            actor_id=str(actor),
            org_id=UUID(str(org)),
            scopes=frozenset(str(self.authorizer.get("scopes") or "").split()),
            upload_token=None if said is None else from_context(said),
        )

    @property
    def idempotency_key(self) -> str | None:
        """The client's name for this request; the quoted and the bare form are one key."""
        given = self.headers.get("idempotency-key")
        return None if given is None else usable_key(given)

    def body(self) -> bytes:
        """The bytes of the body, decoded."""
        if not self.is_base64:
            return self.raw_body.encode("utf-8", "surrogatepass")
        try:
            return base64.b64decode(self.raw_body, validate=True)
        except binascii.Error:
            raise BadRequest("The body is not valid base64.") from None

    def json(self) -> object:
        """The body as strict JSON; see `parse_json`."""
        body = self.body()
        if len(body) > MAX_JSON:
            raise BadRequest(f"The JSON body has {len(body)} bytes; at most {MAX_JSON} are accepted.")
        return parse_json(body)

    def path_id(self, name: str = "id") -> UUID:
        """An id from the path; what is not an id cannot name anything."""
        try:
            return UUID(self.path_parameters.get(name, ""))
        except ValueError:
            raise NotFound from None


def usable_key(given: str) -> str:
    """The key that was meant, from wherever it was sent; two keys in one header are none."""
    key = given[1:-1] if len(given) >= 2 and given[0] == given[-1] == '"' else given
    if not _KEY.fullmatch(key) or '"' in key or "," in key:
        raise IdempotencyKeyInvalid(
            "Send one Idempotency-Key of 1 to 255 printable ASCII characters, without commas or quotes inside."
        )
    return key


def understand(event: Mapping[str, Any], public_url: str, context: object = None) -> Request:
    """Read payload format 2.0 (HTTP API) and 1.0 (REST, Netlify) into the same request."""
    gateway = event.get("requestContext") or {}
    http = gateway.get("http") or {}
    headers = _headers(event)
    method = http.get("method") or event.get("httpMethod") or ""
    path = event.get("rawPath") or event.get("path") or "/"
    route = event.get("routeKey") or f"{method} {event.get('resource') or path}"
    authorizer = gateway.get("authorizer") or {}
    return Request(
        method=method,
        path=path,
        route=route,
        path_parameters=event.get("pathParameters") or {},
        query=event.get("queryStringParameters") or {},
        headers=headers,
        raw_body=event.get("body") or "",
        is_base64=bool(event.get("isBase64Encoded")),
        request_id=_request_id(headers, gateway),
        authorizer=authorizer.get("lambda") or authorizer,
        base_url=f"https://{gateway.get('domainName', 'localhost')}",
        budget=_budget(context),
    ).known_as(public_url)


def _headers(event: Mapping[str, Any]) -> dict[str, str]:
    """Lower-case names. What was sent twice is one value with a comma in both formats, so that nobody picks one."""
    found: dict[str, str] = {}
    for name, given in {**(event.get("headers") or {}), **(event.get("multiValueHeaders") or {})}.items():
        value = ",".join(map(str, given)) if isinstance(given, list) else str(given)
        lower = str(name).lower()
        found[lower] = f"{found[lower]},{value}" if lower in found else value
    return found


def _budget(context: object) -> Budget:
    # Without a context (a test, a script) there is as much time as the gateway would give.
    if hasattr(context, "get_remaining_time_in_millis"):
        return Budget.from_context(cast("LambdaContext", context))
    return Budget.seconds(GATEWAY_SECONDS)


def _request_id(headers: Mapping[str, str], gateway: Mapping[str, Any]) -> str:
    given = headers.get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else str(gateway.get("requestId") or "unknown")
