"""The form door's request: as a client fills it in, and as each kind of gateway delivers it."""

import base64
import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from tests.shared.edge.forms import BOUNDARY, body, file, text
from tests.support.client import Answer, Client

PATH = "/api/v1/photos"
PATHS = (PATH, "/photo-upload", "/.netlify/functions/photo-upload")
KIND = f"multipart/form-data; boundary={BOUNDARY}"


def form(photo: bytes, fields: dict[str, str], *, mime="", name="file", file_name="photo.jpg", boundary=BOUNDARY):
    """The body that a browser makes of one file and a few fields."""
    headers = [f"Content-Type: {mime}"] if mime else []
    one = file(photo, *headers, name=name, file_name=file_name)
    return body(one, *(text(name, value) for name, value in fields.items()), boundary=boundary)


def send(
    client: Client, photo: bytes, fields=None, *, key: str | None = "", path=PATH, token="", **options
) -> Answer:
    """One form to a running stack: to the demo project, under a key of its own, unless it is said otherwise."""
    fields = {"project_id": client.stack.project_id} if fields is None else fields
    return send_raw(client, form(photo, fields, **options), key=key, path=path, token=token)


def send_raw(client: Client, content: bytes, *, key: str | None = "", path=PATH, token="", kind=KIND, **headers):
    sent = {"Content-Type": kind, **{name.replace("_", "-"): value for name, value in headers.items()}}
    if key is not None:
        sent["Idempotency-Key"] = key or str(uuid4())
    return client.ask("POST", path, body=content, headers=sent, token=token)


@dataclass(frozen=True)
class Heard:
    """What a handler answered to an event."""

    status: int
    headers: dict[str, str]
    json: Any

    @classmethod
    def of(cls, answer: dict[str, Any]) -> "Heard":
        return cls(answer["statusCode"], answer["headers"], json.loads(answer["body"]))


def event(content: bytes, *, actor: str, org: UUID, key: str | None = "", path=PATH, version="2.0", **headers: str):
    """What the gateway hands to the function once the authorizer has said who asks."""
    given = {"content-type": KIND} | {name.replace("_", "-"): value for name, value in headers.items()}
    if key is not None:
        given["idempotency-key"] = key or str(uuid4())
    told = {"actor_id": actor, "org_id": str(org), "scopes": ""}
    sent = {"headers": given, "body": base64.b64encode(content).decode(), "isBase64Encoded": True}
    return (_format_2 if version == "2.0" else _format_1)(path, told) | sent


def _format_2(path: str, told: dict[str, str]) -> dict[str, Any]:
    http = {"method": "POST", "path": path}
    gateway = {"http": http, "requestId": "gw-0001", "domainName": "api.example", "authorizer": {"lambda": told}}
    return {"version": "2.0", "routeKey": f"POST {path}", "rawPath": path, "requestContext": gateway}


def _format_1(path: str, told: dict[str, str]) -> dict[str, Any]:
    gateway = {"requestId": "gw-0001", "domainName": "api.example", "authorizer": told}
    return {"version": "1.0", "httpMethod": "POST", "path": path, "resource": path, "requestContext": gateway}
