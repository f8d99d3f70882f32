"""Many files in one request: a page of upload URLs, and the question which files are there already."""

from uuid import uuid4

from functions.upload_url.schemas import CheckRequest, PageFile, UploadUrlsRequest
from shared.deps import Deps
from shared.edge.parse import parse
from shared.edge.request import Request
from shared.edge.response import Response, problem_facts
from shared.errors import AppError, RateLimited
from shared.photos import Door, Intention, Reply, Twin
from shared.uploads.check import check
from shared.uploads.grant_view import grant_view, twin_view
from shared.uploads.presign import Duplicate, Grant, Outcome, Page, presign_page
from shared.uploads.view import reply_view


def upload_urls(request: Request, deps: Deps) -> Response:
    """An answer for each file, in the order of the files; a bad file does not stop the others."""
    caller = request.caller_for("upload")
    asked = parse(UploadUrlsRequest, request.json())
    # The same key and the same client_id are the same upload, in whatever page they come.
    prefix = request.idempotency_key or str(uuid4())
    outcomes: list[Outcome | Intention] = [_understood(file, asked, prefix, deps) for file in asked.files]
    wanted = [n for n, outcome in enumerate(outcomes) if isinstance(outcome, Intention)]
    page = presign_page(caller, [o for o in outcomes if isinstance(o, Intention)], deps) if wanted else Page([], {})
    for n, outcome in zip(wanted, page.outcomes, strict=True):
        outcomes[n] = outcome
    _refuse_whole(page)
    results = [
        {"client_id": file.client_id, **_told(outcome, request, deps)}
        for file, outcome in zip(asked.files, outcomes, strict=True)
    ]
    return Response(200, {"results": results}, page.headers)


def _understood(file: PageFile, asked: UploadUrlsRequest, prefix: str, deps: Deps) -> Intention | AppError:
    try:
        return Intention(Door.DIRECT, file.key(prefix), asked.target, file.declared(deps.limits))
    except AppError as refusal:
        return refusal


def _refuse_whole(page: Page) -> None:
    """What is not about one file is said once, with its own status: too fast, no room, not yours."""
    refused = [outcome for outcome in page.outcomes if isinstance(outcome, AppError)]
    if (
        refused
        and len(refused) == len(page.outcomes)
        and (isinstance(refused[0], RateLimited) or refused[0].status in {403, 404})
    ):
        raise refused[0]


def _told(outcome: Outcome | Intention, request: Request, deps: Deps) -> dict[str, object]:
    match outcome:
        case Grant():
            return {"action": "accept", **grant_view(outcome, request.base_url)}
        case Duplicate(twin=twin):
            return {"action": "duplicate", **twin_view(twin, deps, request.base_url)}
        case Reply():
            # Finished, or on its way, since an earlier page: there is nothing to put.
            return {"action": "duplicate", **reply_view(outcome, deps, request.base_url)}
        case AppError():
            return {"action": "reject", "problem": problem_facts(outcome)}
    raise AssertionError(outcome)


def check_hashes(request: Request, deps: Deps) -> Response:
    """Which of these SHA-256 a project has, in the order they were asked."""
    caller = request.caller_for("upload")
    asked = parse(CheckRequest, request.json())
    found = check(caller, asked.project_id, asked.digests, deps)
    return Response(200, {"results": [_known(digest, found.get(digest), request, deps) for digest in asked.digests]})


def _known(digest: str, twin: Twin | None, request: Request, deps: Deps) -> dict[str, object]:
    if twin is None:
        return {"sha256": digest, "exists": False}
    return {"sha256": digest, "exists": True, **twin_view(twin, deps, request.base_url)}
