"""How far photos are: counts, live news, telemetry; GET /health; and the answer for what no route takes."""

from functions.progress.schemas import StatsQuery, UpdatesQuery
from functions.progress.stream import TYPE, stream_of
from shared.deps import Deps
from shared.edge.endpoint import Endpoint
from shared.edge.parse import parse
from shared.edge.query import Query
from shared.edge.request import Request
from shared.edge.response import Response
from shared.edge.routes import allowed_methods
from shared.errors import MethodNotAllowed, NotFound
from shared.uploads.progress import stats_of, updates_of
from shared.uploads.telemetry import telemetry_of

# As long as the counts themselves are kept; they are somebody's own, so no cache between us may have them.
KEPT = {"Cache-Control": "private, max-age=5", "Vary": "Authorization"}


def stats(request: Request, deps: Deps) -> Response:
    """GET /api/processing-stats."""
    caller = request.caller_for("status")
    asked = parse(StatsQuery, dict(request.query))
    return Response(200, stats_of(caller, asked.within, deps), KEPT)


def updates(request: Request, deps: Deps) -> Response:
    """GET /api/sse/processing-updates, and /u/{token}/processing-updates."""
    caller = request.caller_for("status")
    asked = parse(UpdatesQuery, dict(request.query))
    # The header is of the last answer, the query still of the first.
    since = request.headers.get("last-event-id") or asked.last_event_id
    return Response(200, stream_of(updates_of(caller, asked.within, since, deps)), {"Content-Type": TYPE})


def telemetry(request: Request, deps: Deps) -> Response:
    """GET /api/telemetry."""
    caller = request.caller
    parse(Query, dict(request.query))
    return Response(200, telemetry_of(caller, deps))


def health(_: Request, deps: Deps) -> Response:
    """200 while the ledger answers, 503 while it does not."""
    well = deps.health.database()
    return Response(200 if well else 503, {"ok": well, "database": "ok" if well else "unreachable"})


def nowhere(request: Request, _: Deps) -> Response:
    """A path we know is asked in the wrong way; any other does not exist."""
    methods = allowed_methods(request.path)
    if not methods:
        raise NotFound(f"There is nothing at {request.path[:200]}. The README lists the routes.")
    raise MethodNotAllowed(
        f"{request.path[:200]} takes {', '.join(methods)}, not {request.method[:20]}.",
        headers={"Allow": ", ".join(methods)},
    )


lambda_handler = Endpoint(
    {
        "GET /api/processing-stats": stats,
        "GET /api/sse/processing-updates": updates,
        "GET /u/{token}/processing-updates": updates,
        "GET /api/telemetry": telemetry,
        "GET /health": health,
        "$default": nowhere,
    },
    needs=("health", "progress", "telemetry", "upload_tokens"),
)
