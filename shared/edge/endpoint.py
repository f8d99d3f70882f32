"""What surrounds every HTTP handler: the request understood, the deps made once, each error told in one format."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from shared.bootstrap import LiveDeps
from shared.deps import Deps
from shared.edge.request import Request, understand
from shared.edge.response import Event, Response, problem_for, to_event
from shared.errors import AppError, NotFound
from shared.log import log

# Where an upload token stands in the path instead of a header.
BY_PATH = "/u/"

Handler = Callable[[Request, Deps], Response]


class Endpoint:
    """One Lambda's HTTP entry: a table of routes, and what they need from the deployment."""

    def __init__(self, routes: Mapping[str, Handler], *, needs: tuple[str, ...]) -> None:
        self._routes = routes
        self._needs = needs
        self._deps: LiveDeps | None = None

    def __call__(self, event: Mapping[str, Any], context: object, deps: Deps | None = None) -> Event:
        started = time.perf_counter()
        request = understand(event, "", context)
        log.bind(request_id=request.request_id)
        code = None
        try:
            answer = self._answer(request, deps)
        except AppError as error:
            answer, code = problem_for(error, request), error.code
            if error.status >= 500:
                log.warning("request.trouble", code=error.code, detail=error.message, **error.facts)
        except Exception as error:  # noqa: BLE001 - the one place where a bug becomes an answer
            log.bug("request.bug", error)
            answer = problem_for(
                AppError("Something went wrong on our side. The request id leads us to it."), request
            )
        log.info(
            "request.done",
            route=request.route,
            status=answer["statusCode"],
            code=code,
            took_ms=round((time.perf_counter() - started) * 1000, 1),
        )
        log.clear()
        return answer

    def _answer(self, request: Request, given: Deps | None) -> Event:
        deps: Deps = given or self.deps()
        handler = self._routes.get(request.route)
        if handler is None:
            raise NotFound
        request = _with_bearer(request, deps).known_as(deps.public_url)
        deps.act_for(request.org_id)
        return to_event(handler(request, deps), request.request_id)

    def deps(self) -> LiveDeps:
        """Made at the first call, and kept as long as the container lives."""
        if self._deps is None:
            self._deps = LiveDeps.from_process(self._needs)
        return self._deps


def _with_bearer(request: Request, deps: Deps) -> Request:
    """A token in the path is as good as one in a header, for clients that cannot send any."""
    if not request.path.startswith(BY_PATH):
        return request
    return request.known_to(deps.upload_tokens.read(request.path_parameters.get("token", "")))
