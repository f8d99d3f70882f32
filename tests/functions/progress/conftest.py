"""The progress function without a gateway: its handler in this process, over a real database, as the API's role."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID, uuid4

import pytest

from functions.progress.handler import lambda_handler
from shared.bootstrap import LiveDeps
from shared.photos import UploadToken
from tests.shared.db.conftest import World, world  # noqa: F401 - a fixture
from tests.shared.db.stored import Stored
from tests.support.roles import api_url

STATS = "/api/processing-stats"
UPDATES = "/api/sse/processing-updates"
NEEDS = ("health", "progress", "telemetry", "upload_tokens")


@dataclass
class Api:
    """One container of the function."""

    deps: LiveDeps
    world: World

    def ask(self, path: str, *, who="member", org: UUID | None = None, headers=None, token="") -> dict[str, Any]:
        """Ask as a member, unless it is said otherwise; by a token in the path, if there is one."""
        parts = urlsplit(path)
        lambda_context = {"actor_id": who, "org_id": str(org or self.world.org), "scopes": ""}
        event: dict[str, Any] = {
            "version": "2.0",
            "routeKey": f"GET {parts.path}",
            "rawPath": parts.path.replace("{token}", token),
            "pathParameters": {"token": token},
            "queryStringParameters": dict(parse_qsl(parts.query, keep_blank_values=True)),
            "headers": headers or {},
            "requestContext": {
                "http": {"method": "GET"},
                "requestId": "gw-0001",
                "domainName": "api.example",
                "authorizer": {} if token else {"lambda": lambda_context},
            },
        }
        return lambda_handler(event, None, deps=self.deps)

    def token(self, project: UUID | None = None, operations=("upload", "status")) -> str:
        """An upload token that the member had made."""
        until = datetime.now(UTC) + timedelta(hours=1)
        given = UploadToken(uuid4(), project or self.world.project, frozenset(operations), frozenset(), until)
        return self.deps.upload_tokens.mint(replace(self.world.member, upload_token=given))


@pytest.fixture
def stored(world, sql_of) -> Stored:  # noqa: F811
    return Stored(world, sql_of)


@pytest.fixture
def api(world, database_url) -> Iterator[Api]:  # noqa: F811
    env = {"DATABASE_URL": api_url(database_url), "UPLOAD_TOKEN_SECRET": "s" * 32}
    deps = LiveDeps(env, NEEDS)
    yield Api(deps, world)
    vars(deps)["_database"].close() if "_database" in vars(deps) else None
