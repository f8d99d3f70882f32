"""One request, played: what happens to it, armed faults included.

Beyond what every stand-in tells, `/_stand-in/files` answers GET with {"files": [...]}.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict

from local.imagekit_stand_in import api
from local.imagekit_stand_in.faults import Operation
from local.imagekit_stand_in.kit import Kit
from local.stand_in_parts.control import control
from local.stand_in_parts.faults import ArmedFault
from local.stand_in_parts.replies import Refused, Reply, json_reply
from local.stand_in_parts.request import Request

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
        return kit.say(lambda: _beside(kit, request))
    kit.calls.count(operation)
    armed = kit.faults.take(operation)
    if armed and armed.fault == "refuse":
        return None
    _ = request.body
    if armed and armed.fault.isdigit():
        return _failed(kit, int(armed.fault))
    reply = kit.say(lambda: _act(kit, request, operation, armed))
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


def _failed(kit: Kit, status: int) -> Reply:
    reply = kit.refuse(Refused(status, f"The stand-in was told to answer {status}."))
    if status != 429:
        return reply
    limits = {"X-RateLimit-Limit": "40", "X-RateLimit-Reset": str(RESET_MS), "X-RateLimit-Interval": "1000"}
    return reply.with_headers(limits)


def _beside(kit: Kit, request: Request) -> Reply:
    if request.method == "GET" and request.parts == ["_stand-in", "files"]:
        return json_reply({"files": [asdict(kept) for kept in kit.library.all()]})
    return control(kit, request)
