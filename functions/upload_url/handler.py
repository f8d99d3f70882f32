"""Grants for the direct door: one URL, or a page of them, each to put one exact photo, once."""

from uuid import uuid4

from functions.upload_url.pages import check_hashes, upload_urls
from functions.upload_url.schemas import UploadUrlQuery, UploadUrlRequest
from functions.upload_url.tokens import end_token, get_token, make_token
from shared.deps import Deps
from shared.edge.endpoint import Endpoint
from shared.edge.parse import parse
from shared.edge.request import Request
from shared.edge.response import Response
from shared.log import log
from shared.photos import Door, Intention, Reply
from shared.uploads.grant_view import grant_view, twin_view
from shared.uploads.presign import Duplicate, Grant, presign
from shared.uploads.view import reply_view


def upload_url(request: Request, deps: Deps) -> Response:
    """The v1 shape."""
    granted, headers = _presign(request, parse(UploadUrlRequest, request.json()), deps)
    if isinstance(granted, Grant):
        return Response(201, grant_view(granted, request.base_url), headers)
    return _nothing_to_put(granted, request, deps, headers)


def upload_url_simple(request: Request, deps: Deps) -> Response:
    """The shape of simple clients: everything in the query, camel case in the answer."""
    granted, headers = _presign(request, parse(UploadUrlQuery, dict(request.query)).as_request(), deps)
    if isinstance(granted, Grant):
        return Response(200, _simple(granted), headers)
    return _nothing_to_put(granted, request, deps, headers)


def _presign(
    request: Request, asked: UploadUrlRequest, deps: Deps
) -> tuple[Grant | Duplicate | Reply, dict[str, str]]:
    caller = request.caller_for("upload")
    # Without a key nobody can repeat the request, so a name that nobody knows will do.
    key = request.idempotency_key or str(uuid4())
    log.bind(idempotency_key=key)
    return presign(caller, Intention(Door.DIRECT, key, asked.target, asked.declared(deps.limits)), deps)


def _nothing_to_put(found: Duplicate | Reply, request: Request, deps: Deps, headers: dict[str, str]) -> Response:
    """The photo is there already: by this key, or by these bytes."""
    if isinstance(found, Duplicate):
        return Response(200, {**twin_view(found.twin, deps, request.base_url), "upload_url": None}, headers)
    body = {**reply_view(found, deps, request.base_url), "upload_url": None}
    return Response(found.status if found.status == 202 else 200, body, {"Idempotency-Replayed": "true", **headers})


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
        "POST /api/v1/photos/upload-urls": upload_urls,
        "POST /api/v1/photos/check": check_hashes,
        "POST /api/v1/upload-tokens": make_token,
        "GET /api/v1/upload-tokens/{id}": get_token,
        "DELETE /api/v1/upload-tokens/{id}": end_token,
    },
    needs=("ledger", "twins", "allowances", "upload_tokens", "direct_store", "stores", "limits"),
)
