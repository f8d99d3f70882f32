"""GET /health, and the answer for every path and method that no route takes."""

from shared.deps import Deps
from shared.edge.endpoint import Endpoint
from shared.edge.request import Request
from shared.edge.response import Response
from shared.edge.routes import allowed_methods
from shared.errors import MethodNotAllowed, NotFound


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


lambda_handler = Endpoint({"GET /health": health, "$default": nowhere}, needs=("health",))
