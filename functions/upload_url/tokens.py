"""/api/v1/upload-tokens: one made for a client without headers, what is spent of it, and its end."""

from typing import TYPE_CHECKING

from functions.upload_url.token_schemas import UploadTokenRequest
from shared.deps import Deps
from shared.edge.parse import parse
from shared.edge.request import Request
from shared.edge.response import Response
from shared.errors import NotFound
from shared.log import log
from shared.uploads.tokens import Made, Wish, make

if TYPE_CHECKING:
    from shared.db.allowances import Allowance


def make_token(request: Request, deps: Deps) -> Response:
    """A token for a project of the caller's organisation; the only time that its text is told."""
    caller, key = request.caller, request.idempotency_key
    wish = parse(UploadTokenRequest, request.json()).wish(deps.limits)
    made = make(caller, wish, key, deps)
    log.bind(token_id=made.token.id)
    headers = {"Idempotency-Replayed": "true"} if made.replayed else {}
    return Response(201, _view(made, wish, request.base_url), headers)


def get_token(request: Request, deps: Deps) -> Response:
    """What is spent, for whoever had the token made, and for admins."""
    return _spent(deps.allowances.find(request.caller, request.path_id()))


def end_token(request: Request, deps: Deps) -> Response:
    """It uploads nothing from now on; what it had begun may still be completed."""
    return _spent(deps.allowances.end(request.caller, request.path_id()))


def _view(made: Made, wish: Wish, base_url: str) -> dict[str, object]:
    token = made.token
    return {
        "token": made.text,
        "token_id": token.id,
        "project_id": token.project_id,
        "operations": sorted(token.operations),
        "max_files": wish.max_files,
        "max_bytes": wish.max_bytes,
        "types": sorted(token.types),
        "expires_at": token.expires_at,
        "companion_url": f"{base_url}/u/{made.text}",
    }


def _spent(allowance: "Allowance | None") -> Response:
    if allowance is None:
        raise NotFound("There is no such upload token, or it is not yours.")
    log.bind(token_id=allowance.id)
    return Response(
        200,
        {
            "token_id": allowance.id,
            "project_id": allowance.project_id,
            "made_by": allowance.actor_id,
            "files": allowance.files,
            "max_files": allowance.max_files,
            "bytes": allowance.bytes,
            "max_bytes": allowance.max_bytes,
            "created_at": allowance.created_at,
            "expires_at": allowance.expires_at,
        },
    )
