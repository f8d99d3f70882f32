"""What surrounds every function that no client waits for: the deps made once, the time known, the end logged."""

from collections.abc import Callable, Mapping
from typing import Any, cast

from shared.bootstrap import LiveDeps
from shared.deps import Deps
from shared.log import log
from shared.resilience.budget import Budget, LambdaContext

Work = Callable[[Mapping[str, Any], Deps, Budget], dict[str, object]]


class Job:
    """One Lambda started by a schedule or a queue. What it raises goes back to whoever started it."""

    def __init__(self, work: Work, *, needs: tuple[str, ...]) -> None:
        self._work = work
        self._needs = needs
        self._deps: LiveDeps | None = None

    def __call__(self, event: Mapping[str, Any], context: object, deps: Deps | None = None) -> dict[str, object]:
        log.bind(request_id=getattr(context, "aws_request_id", "none"))
        try:
            done = self._work(event, deps or self._live(), Budget.from_context(cast("LambdaContext", context)))
            log.info("job.done", **{name: count for name, count in done.items() if isinstance(count, int)})
        except Exception as error:
            log.bug("job.failed", error)
            raise
        else:
            return done
        finally:
            log.clear()

    def _live(self) -> LiveDeps:
        if self._deps is None:
            self._deps = LiveDeps.from_process(self._needs)
        return self._deps
