"""One request, played: what happens to it, armed faults included."""

from collections.abc import Callable
from threading import Thread

from local.stand_in import edit_api
from local.stand_in.admin_api import answer_admin
from local.stand_in.cloud import Cloud
from local.stand_in.control_api import control_cloud
from local.stand_in.delivery import deliver
from local.stand_in.describe import Facts
from local.stand_in.faults import NOT_APPLIED, Fault, Operation
from local.stand_in.signing import check_signature
from local.stand_in.upload_api import Call, upload
from local.stand_in_parts.faults import ArmedFault
from local.stand_in_parts.replies import BAD_GATEWAY, SERVER_ERROR, UNAUTHORIZED, Refused, Reply, json_reply
from local.stand_in_parts.request import Request

UPLOAD_API: dict[Operation, Callable[[Call], Facts]] = {
    Operation.UPLOAD: upload,
    Operation.EXPLICIT: edit_api.explicit,
    Operation.DESTROY: edit_api.destroy,
    Operation.RENAME: edit_api.rename,
    Operation.TAGS: edit_api.tags,
    Operation.CONTEXT: edit_api.context,
}
ADMIN_AREAS = frozenset({"config", "folders", "ping", "resources", "search", "tags", "usage"})
UPLOAD_KINDS = frozenset({"image", "auto", "raw"})
# What a proxy in front of Cloudinary says: no JSON at all.
BAD_GATEWAY_PAGE = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
CUT = frozenset({Fault.REFUSE, Fault.LOSE_REPLY, Fault.APPLY_LATE})


def play(cloud: Cloud, request: Request) -> Reply | None:
    """Answer one request; None means: cut the connection without a word."""
    operation = find_operation(cloud, request)
    if operation is None:
        return cloud.say(lambda: control_cloud(cloud, request))
    cloud.calls.count(operation)
    armed = cloud.faults.take(operation)
    if armed is None:
        return _act(cloud, request, operation)
    return _act_under(armed, cloud, request, operation)


def find_operation(cloud: Cloud, request: Request) -> Operation | None:
    match request.method, request.parts:
        case "POST", ["v1_1", _, kind, action] if kind in UPLOAD_KINDS and action in set(UPLOAD_API):
            return Operation(action)
        case _, ["v1_1", _, area, *_] if area in ADMIN_AREAS:
            return Operation.ADMIN
        case "GET" | "HEAD", [name, _, "upload", _, *_] if name == cloud.name:
            return Operation.DELIVERY
    return None


def _act_under(armed: ArmedFault, cloud: Cloud, request: Request, operation: Operation) -> Reply | None:
    """Refusing comes first, so that not even the body is read; losing comes last, when all is done."""
    fault = Fault(armed.fault)
    if fault is Fault.REFUSE:
        return None
    _ = request.body
    if fault in NOT_APPLIED:
        return _refusal(fault, cloud)
    if fault is Fault.APPLY_LATE:
        _act_later(armed.seconds, cloud, request, operation)
        return None
    reply = _act(cloud, request, operation, fault)
    if fault is Fault.SLOW:
        cloud.wait(armed.seconds)
    return None if fault in CUT else reply


def _refusal(fault: Fault, cloud: Cloud) -> Reply:
    if fault is Fault.BAD_GATEWAY:
        return Reply(BAD_GATEWAY, BAD_GATEWAY_PAGE, content_type="text/html")
    if fault is Fault.RATE_LIMITED:
        return cloud.refuse(cloud.rate_limit.exceeded()).with_headers(
            {**cloud.rate_limit.headers(), "X-FeatureRateLimit-Remaining": "0"}
        )
    if fault is Fault.UNAUTHORIZED:
        return cloud.refuse(Refused(UNAUTHORIZED, f"Unknown API key {cloud.api_key}"))
    return cloud.refuse(Refused(SERVER_ERROR, "General Error"))


def _act_later(seconds: float, cloud: Cloud, request: Request, operation: Operation) -> None:
    def act() -> None:
        if not cloud.wait(seconds):
            _act(cloud, request, operation)

    Thread(target=act, daemon=True).start()


def _act(cloud: Cloud, request: Request, operation: Operation, fault: Fault | None = None) -> Reply:
    if operation is Operation.ADMIN:
        return cloud.say(lambda: answer_admin(cloud, request))
    if operation is Operation.DELIVERY:
        return cloud.say(lambda: deliver(cloud, request))
    return cloud.say(lambda: json_reply(UPLOAD_API[operation](_signed_call(cloud, request, operation, fault))))


def _signed_call(cloud: Cloud, request: Request, operation: Operation, fault: Fault | None) -> Call:
    _, name, kind, _ = request.parts
    if name != cloud.name:
        raise Refused(UNAUTHORIZED, f"Invalid cloud_name {name}")
    algorithm = check_signature(cloud, request.form, operation)
    return Call(cloud, kind, request.form, algorithm, fault)
