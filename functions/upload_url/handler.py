"""POST /api/v1/photos/upload-url and GET /api/upload-url: a grant to put one exact photo, once."""

from uuid import uuid4

from functions.upload_url.schemas import UploadUrlQuery, UploadUrlRequest
from shared.deps import Deps
from shared.edge.endpoint import Endpoint
from shared.edge.parse import parse
from shared.edge.request import Request
from shared.edge.response import Response
from shared.log import log
from shared.photos import Intention, Reply
from shared.uploads.presign import Grant, presign
from shared.uploads.view import reply_view, status_url


def upload_url(request: Request, deps: Deps) -> Response:
    """The v1 shape."""
    asked = parse(UploadUrlRequest, request.json())
    granted = _presign(request, asked, deps)
    if isinstance(granted, Reply):
        return _finished(granted, request, deps)
    return Response(201, _v1(granted, request.base_url))


def upload_url_simple(request: Request, deps: Deps) -> Response:
    """The shape of simple clients: everything in the query, camel case in the answer."""
    asked = parse(UploadUrlQuery, dict(request.query)).as_request()
    granted = _presign(request, asked, deps)
    if isinstance(granted, Reply):
        return _finished(granted, request, deps)
    return Response(200, _simple(granted))


def _presign(request: Request, asked: UploadUrlRequest, deps: Deps) -> Grant | Reply:
    caller = request.caller
    # Without a key nobody can repeat the request, so a name that nobody knows will do.
    key = request.idempotency_key or str(uuid4())
    log.bind(idempotency_key=key)
    return presign(caller, Intention(asked.door, key, asked.target, asked.declared(deps.limits)), deps)


def _finished(reply: Reply, request: Request, deps: Deps) -> Response:
    body = {**reply_view(reply, deps, request.base_url), "upload_url": None}
    return Response(200, body, {"Idempotency-Replayed": "true"})


def _v1(granted: Grant, base_url: str) -> dict[str, object]:
    photo_id = granted.attempt.upload_id
    return {
        "photo_id": photo_id,
        "upload_id": photo_id,
        "upload_url": granted.put.url,
        "headers": granted.put.headers,
        "expires_in_seconds": granted.put.expires_in,
        "expires_at": granted.put.expires_at,
        "s3_url": granted.s3_url,
        "status_url": status_url(base_url, str(photo_id)),
        "complete_url": f"{status_url(base_url, str(photo_id))}/complete",
    }


def _simple(granted: Grant) -> dict[str, object]:
    return {
        "uploadUrl": granted.put.url,
        "headers": granted.put.headers,
        "assetId": granted.attempt.upload_id,
        "pathname": granted.attempt.object_name,
        "expiresAt": granted.put.expires_at,
    }


lambda_handler = Endpoint(
    {
        "POST /api/v1/photos/upload-url": upload_url,
        "GET /api/upload-url": upload_url_simple,
    },
    needs=("ledger", "direct_store", "limits"),
)
