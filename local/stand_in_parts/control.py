"""The control API: how tests look behind the scenes of any stand-in and order a fault.

Below `/_stand-in/`, without credentials:

    health      GET {"ok": true}
    faults      GET, POST {"fault", "times"?, "operation"?, "seconds"?}, DELETE: {"faults": [...]}
    calls       GET, DELETE: {"upload": 3, ...}
"""

import json

from local.stand_in_parts.account import Account
from local.stand_in_parts.replies import BAD_REQUEST, NOT_FOUND, Refused, Reply, json_reply
from local.stand_in_parts.request import Request


def control(account: Account, request: Request) -> Reply:
    """Each path answers GET with what there is now, whatever else was asked of it before."""
    match request.method, request.parts:
        case "GET", ["_stand-in", "health"]:
            return json_reply({"ok": True})
        case "GET" | "POST" | "DELETE" as method, ["_stand-in", "faults"]:
            return _faults(account, method, request)
        case "GET" | "DELETE" as method, ["_stand-in", "calls"]:
            return _calls(account, method)
    path = "/".join(request.parts)
    raise Refused(NOT_FOUND, f"The {account.provider} stand-in plays nothing at {request.method} /{path}")


def json_order(request: Request) -> object:
    try:
        return json.loads(request.body)
    except ValueError as error:
        raise Refused(BAD_REQUEST, f"The body is not JSON: {error}") from error


def _faults(account: Account, method: str, request: Request) -> Reply:
    if method == "DELETE":
        account.faults.clear()
    if method == "POST":
        try:
            account.order(json_order(request))
        except ValueError as error:
            raise Refused(BAD_REQUEST, str(error)) from error
    return json_reply({"faults": account.faults.listed()})


def _calls(account: Account, method: str) -> Reply:
    if method == "DELETE":
        account.calls.clear()
    return json_reply(account.calls.listed())
