"""The control API: how tests look behind the scenes and order a fault.

Below `/_stand-in/`, without credentials:

    health      GET {"ok": true}
    faults      GET, POST {"fault", "times"?, "operation"?, "seconds"?}, DELETE: {"faults": [...]}
    assets      GET, DELETE: {"assets": [...]}
    calls       GET, DELETE: {"upload": 3, ...}
    rate-limit  GET, POST {"limit": n}: {"limit", "remaining", "reset"}
"""

import json

from local.stand_in.cloud import Cloud
from local.stand_in.describe import describe_stored
from local.stand_in.faults import parse_fault
from local.stand_in.replies import BAD_REQUEST, NOT_FOUND, CloudinaryError, Reply, json_reply
from local.stand_in.request import Request


def control(cloud: Cloud, request: Request) -> Reply:
    """Each path answers GET with what there is now, whatever else was asked of it before."""
    match request.method, request.parts[1:]:
        case "GET", ["health"]:
            return json_reply({"ok": True})
        case "GET" | "POST" | "DELETE" as method, ["faults"]:
            return _faults(cloud, method, request)
        case "GET" | "DELETE" as method, ["assets"]:
            return _assets(cloud, method)
        case "GET" | "DELETE" as method, ["calls"]:
            return _calls(cloud, method)
        case "GET" | "POST" as method, ["rate-limit"]:
            return _rate_limit(cloud, method, request)
    path = "/".join(request.parts)
    raise CloudinaryError(NOT_FOUND, f"The control API has no {request.method} /{path}")


def _faults(cloud: Cloud, method: str, request: Request) -> Reply:
    if method == "DELETE":
        cloud.faults.clear()
    if method == "POST":
        try:
            cloud.faults.arm(parse_fault(_json(request)))
        except ValueError as error:
            raise CloudinaryError(BAD_REQUEST, str(error)) from error
    return json_reply({"faults": cloud.faults.listed()})


def _assets(cloud: Cloud, method: str) -> Reply:
    if method == "DELETE":
        cloud.assets.clear()
    return json_reply({"assets": [describe_stored(asset) for asset in cloud.assets.all()]})


def _calls(cloud: Cloud, method: str) -> Reply:
    if method == "DELETE":
        cloud.calls.clear()
    return json_reply(cloud.calls.listed())


def _rate_limit(cloud: Cloud, method: str, request: Request) -> Reply:
    if method == "POST":
        sent = _json(request)
        limit = sent.get("limit") if isinstance(sent, dict) else None
        if type(limit) is not int or limit < 0:
            raise CloudinaryError(BAD_REQUEST, 'Expected {"limit": n} with a whole number from 0.')
        cloud.rate_limit.set(limit)
    return json_reply(cloud.rate_limit.facts())


def _json(request: Request) -> object:
    try:
        return json.loads(request.body)
    except ValueError as error:
        raise CloudinaryError(BAD_REQUEST, f"The body is not JSON: {error}") from error
