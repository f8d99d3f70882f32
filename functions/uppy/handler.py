"""The direct door as Uppy speaks it: what its Companion answers under /s3, with our ledger behind it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from functions.uppy import companion
from functions.uppy.schemas import NewFile
from functions.uppy.sign import sign
from shared.deps import Deps
from shared.edge.endpoint import BY_PATH, Endpoint, Handler
from shared.edge.request import Request
from shared.edge.response import Response
from shared.uploads import multipart
from shared.uploads.take import presign_form

if TYPE_CHECKING:
    from shared.db.multiparts import Multipart


def params(request: Request, deps: Deps) -> Response:
    """GET /s3/params: a form to post one file with. Nobody completes it: the store's event does."""
    caller = request.caller_for("upload")
    file = NewFile.from_query(dict(request.query))
    form, headers = presign_form(caller, file.intention(caller, deps.limits, request.idempotency_key), deps)
    return Response(
        200, {"method": "POST", "url": form.url, "fields": form.fields, "expires": form.expires_in}, headers
    )


def begin(request: Request, deps: Deps) -> Response:
    """POST /s3/multipart."""
    caller = request.caller_for("upload")
    intention = NewFile.from_body(request.json()).intention(caller, deps.limits, request.idempotency_key)
    attempt, multipart_id, headers = multipart.begin(caller, intention, deps)
    name = attempt.object_name
    return Response(200, {"key": name, "uploadId": multipart_id, "bucket": multipart.bucket_of(name, deps)}, headers)


def list_parts(request: Request, deps: Deps) -> Response:
    """GET /s3/multipart/{uploadId}: what a client that goes on need not send again."""
    found = _own(request, deps)
    multipart.require_going(found)
    parts = deps.direct_store.parts(found.attempt.object_name, found.attempt.multipart_id or "")
    listed = [{"PartNumber": part.number, "Size": part.size, "ETag": part.etag} for part in parts]
    # The only answer of the house that is a list: Uppy knows no other.
    return Response(200, listed)


def sign_part(request: Request, deps: Deps) -> Response:
    """GET /s3/multipart/{uploadId}/{partNumber}."""
    number = companion.part_number(request.path_parameters.get("partNumber", ""))
    url = _signed(request, [number], deps)[number]
    return Response(200, {"url": url, "expires": int(parse_qs(urlsplit(url).query)["X-Amz-Expires"][0])})


def sign_batch(request: Request, deps: Deps) -> Response:
    """GET /s3/multipart/{uploadId}/batch."""
    numbers = companion.part_numbers(request.query)
    return Response(200, {"presignedUrls": _signed(request, numbers, deps)})


def complete(request: Request, deps: Deps) -> Response:
    """POST /s3/multipart/{uploadId}/complete: what is refused here, its user is told of."""
    parts = companion.parts(request.json())
    found = _own(request, deps)
    multipart.finish(found, parts, deps, request.budget)
    name = found.attempt.object_name
    return Response(
        200,
        {"location": multipart.location_of(name, deps), "key": name, "bucket": multipart.bucket_of(name, deps)},
    )


def abort(request: Request, deps: Deps) -> Response:
    """DELETE /s3/multipart/{uploadId}: Uppy reads the answer as JSON."""
    multipart.abort(_own(request, deps), deps)
    return Response(200, {})


def _signed(request: Request, numbers: list[int], deps: Deps) -> dict[int, str]:
    found = _own(request, deps)
    multipart.require_going(found)
    attempt = found.attempt
    return deps.direct_store.presign_parts(
        attempt.object_name, attempt.multipart_id or "", numbers, deps.limits.url_seconds
    )


def _own(request: Request, deps: Deps) -> "Multipart":
    caller = request.caller_for("upload")
    key = companion.key_of(request.query)
    return multipart.find(caller, request.path_parameters.get("uploadId", ""), key, deps)


ROUTES: Mapping[str, Handler] = {
    "GET /s3/params": params,
    "POST /s3/multipart": begin,
    "GET /s3/multipart/{uploadId}": list_parts,
    "DELETE /s3/multipart/{uploadId}": abort,
    "GET /s3/multipart/{uploadId}/batch": sign_batch,
    "GET /s3/multipart/{uploadId}/{partNumber}": sign_part,
    "POST /s3/multipart/{uploadId}/complete": complete,
    "POST /s3/sign": sign,
    "POST /s3/presign": sign,
}

lambda_handler = Endpoint(
    {**ROUTES, **{route.replace(" /", f" {BY_PATH}{{token}}/", 1): handler for route, handler in ROUTES.items()}},
    needs=(
        "ledger",
        "multiparts",
        "upload_tokens",
        "photos",
        "parking",
        "direct_store",
        "stores",
        "bell",
        "alarm",
        "limits",
    ),
)
