"""Replies: what an answer looks like, good or bad."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

BAD_REQUEST, UNAUTHORIZED, NOT_FOUND, TOO_LARGE = 400, 401, 404, 413
RATE_LIMITED, SERVER_ERROR, NOT_PLAYED, BAD_GATEWAY = 420, 500, 501, 502
LONGEST_HEADER = 1000


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP answer, complete."""

    status: int
    body: bytes
    content_type: str = "application/json; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)

    def with_headers(self, headers: Mapping[str, str]) -> "Reply":
        return replace(self, headers={**self.headers, **headers})


class CloudinaryError(Exception):
    """A refusal in Cloudinary's own words: the double speaks like its model, not like Keepsake."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def json_reply(payload: object, status: int = 200) -> Reply:
    return Reply(status, json.dumps(payload).encode())


def error_reply(error: CloudinaryError) -> Reply:
    # A header is ASCII, one line and short; the message may quote anything that a caller sent.
    header = " ".join(error.message.encode("ascii", "replace").decode().split())[:LONGEST_HEADER]
    reply = json_reply({"error": {"message": error.message}}, error.status)
    return reply.with_headers({"X-Cld-Error": header})


def missing(parameter: str) -> CloudinaryError:
    return CloudinaryError(BAD_REQUEST, f"Missing required parameter - {parameter}")


def not_found(public_id: str) -> CloudinaryError:
    return CloudinaryError(NOT_FOUND, f"Resource not found - {public_id}")


def bad_gateway() -> Reply:
    """Answer as a proxy in front of Cloudinary does: not JSON at all."""
    page = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
    return Reply(BAD_GATEWAY, page, content_type="text/html")
