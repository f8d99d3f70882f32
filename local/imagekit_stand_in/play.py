"""One request, played: what happens to it, armed faults included.

Below `/_stand-in/`, without credentials, tests look behind the scenes and order a fault:

    health  GET {"ok": true}
    faults  GET, POST {"fault", "times"?, "operation"?, "seconds"?}, DELETE: {"faults": [...]}
    files   GET: {"files": [...]}
    calls   GET, DELETE: {"upload": 3, ...}
"""

import json
import re
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import asdict

from local.imagekit_stand_in import api
from local.imagekit_stand_in.api import Refused
from local.imagekit_stand_in.faults import ArmedFault, Operation, parse_fault
from local.imagekit_stand_in.kit import Kit
from local.stand_in.replies import CloudinaryError, Reply, json_reply
from local.stand_in.request import Request

ACTS: Mapping[Operation, Callable[[Kit, Request], Reply]] = {
    Operation.LIST: api.listed,
    Operation.DETAILS: api.details,
    Operation.DELETE: api.delete,
    Operation.PURGE: api.purge,
    Operation.DELIVERY: api.deliver,
}
ROUTES: Mapping[Operation, tuple[str, Callable[[str], object]]] = {
    Operation.UPLOAD: ("POST", re.compile("api/v1/files/upload").fullmatch),
    Operation.PURGE: ("POST", re.compile("v1/files/purge").fullmatch),
    Operation.LIST: ("GET", re.compile("v1/files").fullmatch),
    Operation.DETAILS: ("GET", re.compile("v1/files/[^/]+/details").fullmatch),
    Operation.DELETE: ("DELETE", re.compile("v1/files/[^/]+").fullmatch),
}
# How long a limited caller shall stay away, in the milliseconds that ImageKit tells.
RESET_MS = 5_500


def play(kit: Kit, request: Request) -> Reply | None:
    """Answer one request; None means: cut the connection without a word."""
    operation = find_operation(kit, request)
    if operation is None:
        return _say(lambda: _beside(kit, request))
    kit.calls.count(operation)
    armed = kit.faults.take(operation)
    if armed and armed.fault == "refuse":
        return None
    _ = request.body
    if armed and armed.status:
        return _failed(armed.status)
    reply = _say(lambda: _act(kit, request, operation, armed))
    if armed and armed.fault == "slow":
        kit.wait(armed.seconds)
    return None if armed and armed.fault == "lose_reply" else reply


def find_operation(kit: Kit, request: Request) -> Operation | None:
    if request.method in {"GET", "HEAD"} and request.parts[0] == kit.id:
        return Operation.DELIVERY
    path = "/".join(request.parts)
    return next((each for each, (method, legal) in ROUTES.items() if method == request.method and legal(path)), None)


def _act(kit: Kit, request: Request, operation: Operation, armed: ArmedFault | None) -> Reply:
    if operation is not Operation.DELIVERY:
        _admit(kit, request.headers.get("authorization", ""))
    if operation is Operation.UPLOAD:
        return api.upload(kit, request, truncated=armed is not None and armed.fault == "truncate")
    return ACTS[operation](kit, request)


def _admit(kit: Kit, authorization: str) -> None:
    if not authorization:
        raise Refused(401, "No valid API key was provided.")
    if not kit.admits(authorization):
        raise Refused(403, "Your account cannot be authenticated.")


def _failed(status: int) -> Reply:
    reply = json_reply({"message": f"The stand-in was told to answer {status}.", "help": api.HELP}, status)
    if status != 429:
        return reply
    limits = {"X-RateLimit-Limit": "40", "X-RateLimit-Reset": str(RESET_MS), "X-RateLimit-Interval": "1000"}
    return reply.with_headers(limits)


def _beside(kit: Kit, request: Request) -> Reply:
    match request.method, request.parts:
        case "GET", ["_stand-in", "health"]:
            return json_reply({"ok": True})
        case "GET" | "POST" | "DELETE" as method, ["_stand-in", "faults"]:
            return _faults(kit, method, request)
        case "GET", ["_stand-in", "files"]:
            return json_reply({"files": [asdict(kept) for kept in kit.library.all()]})
        case "GET" | "DELETE" as method, ["_stand-in", "calls"]:
            if method == "DELETE":
                kit.calls.clear()
            return json_reply(kit.calls.listed())
    raise Refused(404, f"The ImageKit stand-in plays nothing at {request.method} /{'/'.join(request.parts)}")


def _faults(kit: Kit, method: str, request: Request) -> Reply:
    if method == "DELETE":
        kit.faults.clear()
    if method == "POST":
        try:
            kit.faults.arm(parse_fault(json.loads(request.body)))
        except ValueError as error:
            raise Refused(400, str(error)) from error
    return json_reply({"faults": kit.faults.listed()})


def _say(act: Callable[[], Reply]) -> Reply:
    """Turn a refusal into its answer, and a mistake of the double into one that cannot be overlooked."""
    try:
        return act()
    except Refused as refused:
        return refused.reply
    except CloudinaryError as error:
        # The forms are read by the other stand-in's reader, which refuses in its own way.
        return Refused(error.status, error.message).reply
    except ConnectionError:
        raise
    except Exception as error:  # noqa: BLE001 -- the last floor: beyond it there is only a dead connection
        traceback.print_exc(file=sys.stderr)
        return Refused(500, f"The stand-in itself failed: {error!r}").reply
