"""Replies: what an answer looks like, good or bad."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

BAD_REQUEST, UNAUTHORIZED, NOT_FOUND, TOO_LARGE = 400, 401, 404, 413
SERVER_ERROR, NOT_PLAYED, BAD_GATEWAY = 500, 501, 502


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP answer, complete."""

    status: int
    body: bytes
    content_type: str = "application/json; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)

    def with_headers(self, headers: Mapping[str, str]) -> "Reply":
        return replace(self, headers={**self.headers, **headers})


class Refused(Exception):
    """A refusal in the provider's own words: the double speaks like its model, not like Keepsake."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def json_reply(payload: object, status: int = 200) -> Reply:
    return Reply(status, json.dumps(payload).encode())


def missing(parameter: str) -> Refused:
    return Refused(BAD_REQUEST, f"Missing required parameter - {parameter}")


def not_found(public_id: str) -> Refused:
    return Refused(NOT_FOUND, f"Resource not found - {public_id}")
