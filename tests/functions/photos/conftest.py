"""The photos function without a gateway: its handler in this process, over a real database, as the API's own role."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import pytest

from functions.photos.handler import lambda_handler
from shared.bootstrap import LiveDeps
from tests.shared.db.conftest import World, world  # noqa: F401 - a fixture
from tests.shared.db.stored import Stored
from tests.support.form import Heard
from tests.support.roles import api_url

ROUTES = {0: "/api/v1/photos", 1: "/api/v1/photos/{id}", 2: "/api/v1/photos/{id}/%s"}


class Bell:
    """Counts how often it was rung."""

    rung = 0

    def ring(self) -> None:
        self.rung += 1


@dataclass
class Api:
    """One container of the function."""

    deps: LiveDeps
    world: World
    bell: Bell = field(default_factory=Bell)

    def __post_init__(self) -> None:
        vars(self.deps)["bell"] = self.bell

    def ask(self, method: str, path: str = "", *, who="member", org: UUID | None = None, body=None, **told) -> Heard:
        """Ask for /api/v1/photos and what follows in `path`, as a member unless it is said otherwise."""
        parts = urlsplit(f"/api/v1/photos{path}")
        names = parts.path.removeprefix("/api/v1/photos").strip("/").split("/") if path.startswith("/") else []
        route = parts.path if names == ["search"] else ROUTES[len(names)].replace("%s", names[-1] if names else "")
        event: dict[str, Any] = {
            "version": "2.0",
            "routeKey": f"{method} {route}",
            "rawPath": parts.path,
            "pathParameters": {"id": names[0]} if "{id}" in route else {},
            "queryStringParameters": dict(parse_qsl(parts.query, keep_blank_values=True)),
            "headers": {"content-type": "application/json"},
            "body": body if isinstance(body, str) or body is None else json.dumps(body),
            "requestContext": {
                "http": {"method": method},
                "requestId": "gw-0001",
                "domainName": "api.example",
                "authorizer": {
                    "lambda": {"actor_id": who, "org_id": str(org or self.world.org), "scopes": ""} | told
                },
            },
        }
        return Heard.of(lambda_handler(event, None, deps=self.deps))

    def get(self, path: str = "", **options) -> Heard:
        return self.ask("GET", path, **options)

    def outsider(self) -> dict[str, Any]:
        return {"who": "stranger", "org": self.world.other_org}


@pytest.fixture
def stored(world, sql_of) -> Stored:  # noqa: F811
    return Stored(world, sql_of)


@pytest.fixture
def api(world, database_url) -> Iterator[Api]:  # noqa: F811
    env = {
        "DATABASE_URL": api_url(database_url),
        "BUCKET": "photos",
        "AWS_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "BELL_QUEUE_URL": "http://127.0.0.1:1/bell",
    }
    deps = LiveDeps(env, ("photos", "direct_store", "bell", "search", "stage_retries", "embedder"))
    yield Api(deps, world)
    vars(deps)["_database"].close() if "_database" in vars(deps) else None
    vars(deps)["_http"].close() if "_http" in vars(deps) else None
