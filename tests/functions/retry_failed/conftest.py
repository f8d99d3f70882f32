"""The two functions without a gateway: what a person asks for runs in the role of the API, all else as our worker."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from functions.retry_failed.handler import http_handler, lambda_handler
from tests.shared.db.conftest import World, parked, world  # noqa: F401 - fixtures
from tests.shared.uploads.parked import FakeDeps
from tests.support.form import Heard
from tests.support.roles import api_url, worker_url

ROUTE = "POST /api/v1/retry-failed"


class Context:
    """What Lambda tells a function: who it is, and how long it may still run."""

    aws_request_id = "run-0001"

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._ends - time.monotonic()) * 1000))


class EnoughForOne(Context):
    """There is time at the first look, and none at the next."""

    def __init__(self) -> None:
        super().__init__(60)
        self._looks = iter((60_000, 0))

    def get_remaining_time_in_millis(self) -> int:
        return next(self._looks, 0)


@dataclass
class Desk:
    """Where people ask."""

    deps: FakeDeps
    world: World

    def ask(self, body=None, *, who="admin", org: UUID | None = None, key=None, seconds=600.0, **told) -> Heard:
        """As an admin who has all the time in the world, unless it is said otherwise."""
        said = {"actor_id": who, "org_id": str(org or self.world.org), "scopes": ""} | told
        event: dict[str, Any] = {
            "version": "2.0",
            "routeKey": ROUTE,
            "rawPath": ROUTE.split(" ")[1],
            "headers": {"content-type": "application/json"} | ({"idempotency-key": key} if key else {}),
            "body": body if isinstance(body, str) or body is None else json.dumps(body),
            "requestContext": {
                "http": {"method": "POST"},
                "requestId": "gw-0001",
                "domainName": "api.example",
                "authorizer": {"lambda": said if who else {}},
            },
        }
        return Heard.of(http_handler(event, Context(seconds), deps=self.deps))


@dataclass
class Worker:
    """What nobody waits for."""

    deps: FakeDeps

    def wake(self, event: dict[str, Any], seconds=600.0, context: Context | None = None) -> dict[str, Any]:
        return lambda_handler(event, context or Context(seconds), deps=self.deps)

    def alarm(self, *bodies: object, **how: Any) -> dict[str, Any]:
        records = [
            {"messageId": f"m{n}", "eventSource": "aws:sqs", "body": b if isinstance(b, str) else json.dumps(b)}
            for n, b in enumerate(bodies)
        ]
        return self.wake({"Records": records}, **how)


@pytest.fixture
def desk(world, database_url) -> Iterator[Desk]:  # noqa: F811
    deps = FakeDeps(api_url(database_url))
    yield Desk(deps, world)
    deps.database.close()


@pytest.fixture
def worker(world, database_url) -> Iterator[Worker]:  # noqa: F811
    deps = FakeDeps(worker_url(database_url))
    yield Worker(deps)
    deps.database.close()
