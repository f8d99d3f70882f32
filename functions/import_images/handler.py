"""/api/v1/venues/{id}/images: images that we fetch from where their providers keep them, and what became of each."""

from functions.import_images.schemas import ImagesQuery, ImportRequest
from shared.deps import Deps
from shared.edge.endpoint import Endpoint
from shared.edge.parse import parse
from shared.edge.request import Request
from shared.edge.response import Response
from shared.uploads.import_listing import list_images
from shared.uploads.import_view import image_view, imported_view
from shared.uploads.importing import Order, force_named, import_images, retry_failed


def take_images(request: Request, deps: Deps) -> Response:
    """POST: some may fail, and the others are stored all the same."""
    caller, venue_id = request.caller, request.path_id()
    asked = parse(ImportRequest, request.json())
    force = force_named(request.idempotency_key) if asked.force else None
    if asked.retry_failed_only:
        imported = retry_failed(caller, venue_id, asked.providers, force, deps=deps, budget=request.budget)
    else:
        order = Order(venue_id, asked.wanted(deps.vet), force)
        imported = import_images(caller, order, deps, request.budget)
    return Response(200, imported_view(imported, deps, request.base_url), imported.headers)


def get_images(request: Request, deps: Deps) -> Response:
    """GET: a page of what the venue has, and of what it has not yet."""
    caller, venue_id = request.caller, request.path_id()
    asked = parse(ImagesQuery, dict(request.query))
    page = list_images(
        caller, venue_id, status=asked.upload_status, limit=asked.limit, cursor=asked.cursor, deps=deps
    )
    images = [image_view(image, deps, request.base_url) for image in page.images]
    return Response(200, {"venue_id": venue_id, "images": images, "next_cursor": page.next_cursor})


lambda_handler = Endpoint(
    {"POST /api/v1/venues/{id}/images": take_images, "GET /api/v1/venues/{id}/images": get_images},
    needs=(
        *("ledger", "parking", "venues", "direct_store", "stores", "bell", "alarm", "limits"),
        *("fetcher", "vet", "import_pause"),
    ),
)
