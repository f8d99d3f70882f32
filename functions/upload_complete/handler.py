"""Finishing a direct upload: by the client's word, or by the store's own event. Either is a hint, never a proof."""

import json
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import unquote_plus
from uuid import UUID

from functions.upload_complete.schemas import CompleteRequest, SimpleCompleteRequest
from shared.deps import Deps
from shared.edge.endpoint import Endpoint
from shared.edge.parse import parse
from shared.edge.queue import consume, is_queue_event
from shared.edge.request import Request
from shared.edge.response import Event, Response
from shared.errors import NotFound, Refused
from shared.log import log
from shared.photos import WRITERS, Door, Reply, Upload, Verdict, organisation_of
from shared.resilience.budget import Budget, LambdaContext
from shared.uploads.complete import complete
from shared.uploads.tokens import covers
from shared.uploads.verdicts import refusal_of
from shared.uploads.view import reply_view


def complete_v1(request: Request, deps: Deps) -> Response:
    """POST /api/v1/photos/{id}/complete."""
    upload = _own_upload(request, request.path_id(), deps)
    parse(CompleteRequest, request.json() if request.raw_body else {})
    return _answer(complete(upload, deps, request.budget), upload, request, deps)


def complete_simple(request: Request, deps: Deps) -> Response:
    """POST /api/upload-complete: the id is in the body, and what the client says of the bytes is not believed."""
    asked = parse(SimpleCompleteRequest, request.json())
    upload = _own_upload(request, asked.asset_id, deps)
    reply = complete(upload, deps, request.budget)
    body = reply_view(reply, deps, request.base_url)
    duplicate = body.get("duplicate", False)
    asset = {
        "id": body["photo_id"],
        "blobUrl": body.get("url"),
        "isDuplicate": duplicate,
        "needsProcessing": not duplicate,
    }
    return Response(202 if reply.status == 202 else 200, {"success": True, "asset": asset})


def object_created(record: Mapping[str, Any], deps: Deps, budget: Budget) -> None:
    """One message of the queue; it may hold several events of the store, or its test message."""
    for event in json.loads(record["body"]).get("Records", ()):
        # S3 encodes keys in events like form fields.
        _finish_object(unquote_plus(event["s3"]["object"]["key"]), deps, budget)


def _finish_object(object_name: str, deps: Deps, budget: Budget) -> None:
    deps.act_for(organisation_of(object_name))
    upload = deps.photos.find_by_object(object_name)
    if upload is None:
        log.warning("hint.unknown_object", object_name=object_name)
        return
    if upload.door is not Door.DIRECT:
        return  # parked bytes: they wait for their store, not for us
    log.bind(upload_id=upload.id, photo_id=upload.id)
    try:
        complete(upload, deps, budget)
    except Refused as refusal:
        # The object was judged and given up: telling the queue again would change nothing.
        log.info("hint.refused", code=refusal.code)


def _own_upload(request: Request, upload_id: UUID, deps: Deps) -> Upload:
    caller = request.caller_for("upload")
    upload = deps.photos.find(caller, upload_id)
    if upload is None or not covers(caller, upload.target):
        raise NotFound("There is no such upload, or it is not yours.")
    if upload.role not in WRITERS:
        raise refusal_of(Verdict.FORBIDDEN)
    log.bind(upload_id=upload.id, photo_id=upload.id)
    return upload


def _answer(reply: Reply, upload: Upload, request: Request, deps: Deps) -> Response:
    replayed = {"Idempotency-Replayed": "true"} if upload.reply else {}
    return Response(reply.status, reply_view(reply, deps, request.base_url), replayed)


_http = Endpoint(
    {
        "POST /api/v1/photos/{id}/complete": complete_v1,
        "POST /api/upload-complete": complete_simple,
    },
    needs=("ledger", "photos", "parking", "direct_store", "stores", "bell", "alarm", "limits"),
)


def lambda_handler(event: Mapping[str, Any], context: object, deps: Deps | None = None) -> Event:
    """Two ways in, one finaliser."""
    if is_queue_event(event):
        live: Deps = deps or _http.deps()
        budget = Budget.from_context(cast("LambdaContext", context))
        return consume(event, lambda record, parts: object_created(record, parts, budget), live)
    return _http(event, context, deps)
