"""How we answer: JSON or text, and every error as application/problem+json (RFC 9457)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from shared.edge.request import Request
from shared.errors import AppError, RateLimited, Refused

Event = dict[str, object]


@dataclass(frozen=True, slots=True)
class Response:
    """A status, a body, and what else to say in headers. Text is sent as it is, anything else as JSON."""

    status: int
    body: Mapping[str, object] | Sequence[object]
    headers: Mapping[str, str] = field(default_factory=dict)


def to_event(response: Response, request_id: str, content_type: str = "application/json") -> Event:
    """The shape that API Gateway takes, the same for both payload formats."""
    headers = {
        "Content-Type": content_type,
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "X-Request-Id": request_id,
        **response.headers,
    }
    return {
        "statusCode": response.status,
        "headers": headers,
        "body": response.body if isinstance(response.body, str) else to_json(response.body),
        "isBase64Encoded": False,
    }


def problem(error: AppError, path: str, request_id: str) -> Event:
    """One error, for people (title, detail, message) and for programs (type, code, class, retryable)."""
    body = {**problem_facts(error), "instance": path, "request_id": request_id}
    headers = dict(error.headers)
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
        if isinstance(error, RateLimited):
            # The shape that simple upload clients read.
            body |= {"error": error.message, "retryAfter": error.retry_after}
    return to_event(Response(error.status, body, headers), request_id, "application/problem+json")


def problem_facts(error: AppError) -> dict[str, object]:
    """What is to be said of an error wherever it is told."""
    return {
        "type": error.type_uri or f"/problems/{error.code.replace('_', '-')}",
        "title": error.title,
        "status": error.status,
        "detail": error.message,
        "code": error.code,
        "message": error.message,
        "retryable": error.retryable,
        "class": error.failure_class,
        # What a refusal knows is about the request; what trouble knows is about us, and for our log alone.
        **(error.facts if isinstance(error, Refused) else {}),
    }


def problem_for(error: AppError, request: Request) -> Event:
    return problem(error, request.path, request.request_id)


def to_json(value: object) -> str:
    """The same JSON wherever it is sent."""
    return json.dumps(value, default=plain, allow_nan=False)


def plain(value: object) -> str:
    """What JSON has no word for: ids, and times in UTC with a Z."""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
