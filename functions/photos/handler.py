"""GET /api/v1/photos/{id}: what became of a photo."""

from shared.deps import Deps
from shared.edge.endpoint import Endpoint
from shared.edge.request import Request
from shared.edge.response import Response
from shared.errors import NotFound
from shared.log import log
from shared.uploads.view import photo_view


def get_photo(request: Request, deps: Deps) -> Response:
    """One photo of the caller's organisation."""
    upload = deps.photos.find(request.caller, request.path_id())
    if upload is None or (upload.photo and upload.photo.deleted_at):
        raise NotFound("There is no such photo, or it is not yours.")
    log.bind(upload_id=upload.id, photo_id=upload.photo.id if upload.photo else upload.id)
    return Response(200, photo_view(upload, deps, request.base_url))


lambda_handler = Endpoint({"GET /api/v1/photos/{id}": get_photo}, needs=("photos", "direct_store"))
