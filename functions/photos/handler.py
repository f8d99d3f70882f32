"""/api/v1/photos: what there is, what became of one, and the two ways to change it."""

from functions.photos.schemas import ListQuery, StatusReport
from functions.photos.search import find_photos
from shared.deps import Deps
from shared.edge.endpoint import Endpoint
from shared.edge.parse import parse
from shared.edge.request import Request
from shared.edge.response import Response
from shared.photos import PhotoStatus
from shared.uploads.delete import delete_photo
from shared.uploads.listing import list_photos
from shared.uploads.own import photo_of, present_upload
from shared.uploads.reprocess import retry_processing
from shared.uploads.status import report_status
from shared.uploads.view import exif_view, photo_view, status_url


def get_photos(request: Request, deps: Deps) -> Response:
    """GET /api/v1/photos: a page of the organisation's photos, newest first."""
    caller = request.caller
    asked = parse(ListQuery, dict(request.query))
    page = list_photos(caller, asked.filters, asked.limit, asked.cursor, deps)
    photos = [photo_view(upload, deps, request.base_url) for upload in page.uploads]
    return Response(200, {"photos": photos, "next_cursor": page.next_cursor})


def get_photo(request: Request, deps: Deps) -> Response:
    """GET /api/v1/photos/{id}."""
    upload = present_upload(request.caller_for("status"), request.path_id(), deps, request.base_url)
    return Response(200, photo_view(upload, deps, request.base_url))


def get_exif(request: Request, deps: Deps) -> Response:
    """GET /api/v1/photos/{id}/exif."""
    upload = present_upload(request.caller, request.path_id(), deps, request.base_url)
    return Response(200, exif_view(upload, photo_of(upload)))


def remove_photo(request: Request, deps: Deps) -> Response:
    """DELETE /api/v1/photos/{id}."""
    photo_id, deleted_at = delete_photo(request.caller, request.path_id(), deps)
    return Response(200, {"photo_id": photo_id, "deleted_at": deleted_at})


def patch_status(request: Request, deps: Deps) -> Response:
    """PATCH /api/v1/photos/{id}/status, for the detection service."""
    caller, photo_id = request.caller, request.path_id()
    asked = parse(StatusReport, request.json())
    status, base_url = PhotoStatus(asked.status), request.base_url
    stand = report_status(caller, photo_id, status, asked.detail, deps=deps, base_url=base_url)
    url = status_url(base_url, str(stand.photo_id))
    return Response(
        200, {"photo_id": stand.photo_id, "status": stand.status, "since": stand.since, "status_url": url}
    )


def post_retry(request: Request, deps: Deps) -> Response:
    """POST /api/v1/photos/{id}/retry-processing."""
    photo_id, retried = retry_processing(request.caller, request.path_id(), deps, request.base_url)
    url = status_url(request.base_url, str(photo_id))
    facts = {"status": retried.status, "stage": retried.stage, "retrying": retried.stages}
    return Response(202, {"photo_id": photo_id, **facts, "status_url": url}, {"Location": url})


lambda_handler = Endpoint(
    {
        "GET /api/v1/photos": get_photos,
        "GET /api/v1/photos/search": find_photos,
        "GET /api/v1/photos/{id}": get_photo,
        "GET /api/v1/photos/{id}/exif": get_exif,
        "DELETE /api/v1/photos/{id}": remove_photo,
        "PATCH /api/v1/photos/{id}/status": patch_status,
        "POST /api/v1/photos/{id}/retry-processing": post_retry,
    },
    needs=("photos", "direct_store", "bell", "search", "stage_retries", "embedder"),
)
