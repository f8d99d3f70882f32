"""POST /s3/sign: what Uppy 6 sends to S3 by itself, signed one request at a time."""

from typing import TYPE_CHECKING

from functions.uppy.schemas import SignRequest
from shared.deps import Deps
from shared.edge.parse import parse
from shared.edge.request import Request
from shared.edge.response import Response
from shared.photos import Caller
from shared.uploads.multipart import find, require_going
from shared.uploads.take import presign_form, take

if TYPE_CHECKING:
    from shared.db.multiparts import Multipart
    from shared.media.s3_queries import MultipartAction

ACTIONS: "dict[str, MultipartAction]" = {"GET": "parts", "POST": "complete", "DELETE": "abort"}


def sign(request: Request, deps: Deps) -> Response:
    """One object as a form, the beginning of a multipart upload, or a step of one that is the caller's own."""
    caller = request.caller_for("upload")
    asked = parse(SignRequest, request.json())
    if asked.upload_id is None:
        return _first(asked, caller, request, deps)
    found = find(caller, asked.upload_id, asked.key, deps, binds=True)
    if asked.method == "PUT":
        return _part(found, asked.part_number or 0, deps)
    return _around(found, ACTIONS[asked.method], deps)


def _first(asked: SignRequest, caller: Caller, request: Request, deps: Deps) -> Response:
    """The key is ours to choose; Uppy takes it from the answer, and names the file's own no more."""
    intention = asked.new_file().intention(caller, deps.limits, request.idempotency_key)
    if asked.method == "PUT":
        form, headers = presign_form(caller, intention, deps)
        return Response(200, {"url": form.url, "key": form.fields["key"], "fields": form.fields}, headers)
    attempt, headers = take(caller, intention, deps)
    kind = {"Content-Type": intention.declared.mime}
    name = attempt.object_name
    call = deps.direct_store.presign_multipart("begin", name, deps.limits.url_seconds, headers=kind)
    return Response(200, {"url": call.url, "key": name, "headers": call.headers}, headers)


def _part(found: "Multipart", number: int, deps: Deps) -> Response:
    require_going(found)
    attempt = found.attempt
    urls = deps.direct_store.presign_parts(
        attempt.object_name, attempt.multipart_id or "", [number], deps.limits.url_seconds
    )
    return Response(200, {"url": urls[number]})


def _around(found: "Multipart", action: "MultipartAction", deps: Deps) -> Response:
    """Aborting is signed whatever became of it: what S3 does not know any more, it cannot lose."""
    if action != "abort":
        require_going(found)
    attempt = found.attempt
    call = deps.direct_store.presign_multipart(
        action, attempt.object_name, deps.limits.url_seconds, multipart_id=attempt.multipart_id or ""
    )
    return Response(200, {"url": call.url})
