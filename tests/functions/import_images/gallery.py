"""How a test imports into a venue, and looks at what came of it: the handler in this process, over a real ledger."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID, uuid4

import psycopg

from functions.import_images.handler import lambda_handler
from shared.bootstrap import LiveDeps
from shared.db.breakers import PostgresBreakerRows
from shared.media.guarded import GuardedStore, breaker_of
from shared.photos import StoreName
from shared.resilience.breaker import Breaker
from tests.functions.upload.door import Context
from tests.shared.db.conftest import World
from tests.support.form import Heard
from tests.support.memory_store import MemoryStore

ROUTE = "/api/v1/venues/{id}/images"


class MemoryS3(MemoryStore):
    """Our bucket, as far as an import needs it."""

    def __init__(self) -> None:
        super().__init__(StoreName.S3)

    def canonical(self, name: str) -> str:
        return f"s3://photos/{name}"

    def signed_get(self, name: str, expires: int, *, version: str | None = None) -> str:
        return f"https://photos.test/{name}?v={version}&for={expires}"


class Alarm:
    """Notes for whom it rings, and when."""

    def __init__(self) -> None:
        self.rung: list[tuple[UUID, float]] = []

    def ring_at(self, upload_id: UUID, seconds: float) -> None:
        self.rung.append((upload_id, seconds))

    def ring_for(self, upload_ids: list[UUID]) -> None:
        self.rung += [(upload_id, 0.0) for upload_id in upload_ids]


class Bell:
    def ring(self) -> None: ...


@dataclass
class Gallery:
    """One venue, one container of the function, and stores in memory."""

    world: World
    sql: psycopg.Connection
    deps: LiveDeps
    venue: UUID = field(default_factory=uuid4)
    s3: MemoryS3 = field(default_factory=MemoryS3)
    cloud: MemoryStore = field(default_factory=MemoryStore)
    alarm: Alarm = field(default_factory=Alarm)

    def __post_init__(self) -> None:
        self.sql.execute(
            "INSERT INTO venues (id, org_id, name) VALUES (%s, %s, 'Cafe')", (self.venue, self.world.org)
        )
        vars(self.deps).update(direct_store=self.s3, alarm=self.alarm, bell=Bell())
        rows = PostgresBreakerRows(self.deps._database)
        for store in (self.s3, self.cloud):
            breaker = Breaker(breaker_of(store.name), rows)
            self.deps._stores[store.name] = GuardedStore(store, breaker, sleep=lambda _: None)

    def at(self, store: StoreName) -> None:
        """Keep the photos of the venue there."""
        self.sql.execute("UPDATE venues SET store = %s WHERE id = %s", (store, self.venue))

    def send(self, body: object, *, who="member", org=None, venue=None, key=None, seconds=28.0, deps=None) -> Heard:
        text = body if isinstance(body, str) else json.dumps(body)
        headers = {"idempotency-key": key} if key else {}
        event = self._event("POST", who, org, venue) | {"body": text, "headers": headers}
        return Heard.of(lambda_handler(event, Context(seconds), deps or self.deps))

    def take(self, *images: object, **options: Any) -> Heard:
        """Import these: addresses, or images with more to say of them."""
        of_request = {name: options.pop(name) for name in ("force", "providers") if name in options}
        named = [{"provider": "maps", "provider_url": i} if isinstance(i, str) else i for i in images]
        return self.send({"images": named, **of_request}, **options)

    def again(self, *, force=False, providers=None, **options: Any) -> Heard:
        """Without any listing."""
        asked = {"retry_failed_only": True, "force": force, **({"providers": providers} if providers else {})}
        return self.send(asked, **options)

    def page(self, query="", *, who="member", org=None, venue=None) -> Heard:
        event = self._event("GET", who, org, venue)
        event["queryStringParameters"] = dict(parse_qsl(urlsplit(query).query, keep_blank_values=True))
        return Heard.of(lambda_handler(event, Context(28.0), self.deps))

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        found = self.sql.execute(query, parameters)
        return found.fetchall() if found.description else []

    def photos(self) -> int:
        return self.rows("SELECT count(*) FROM photos WHERE deleted_at IS NULL")[0][0]

    def uploads(self) -> list[tuple[str, str | None]]:
        """How each upload stands, and with which failure, the oldest first."""
        return self.rows("SELECT state, failure_type FROM uploads ORDER BY seq")

    def _event(self, method: str, who: str, org: UUID | None, venue: object) -> dict[str, Any]:
        authorizer = {"lambda": {"actor_id": who, "org_id": str(org or self.world.org), "scopes": ""}}
        return {
            "version": "2.0",
            "routeKey": f"{method} {ROUTE}",
            "rawPath": ROUTE,
            "pathParameters": {"id": str(venue or self.venue)},
            "headers": {},
            "requestContext": {
                "http": {"method": method},
                "requestId": "gw-0001",
                "domainName": "api.example",
                "authorizer": authorizer,
            },
        }


Make = Callable[..., LiveDeps]


def statuses(heard: Heard) -> list[str]:
    """How far each image got, in the order in which they were named."""
    assert heard.status == 200, heard.json
    return [image["upload_status"] for image in heard.json["images"]]


def counted(heard: Heard) -> dict[str, int]:
    """What there is any of."""
    return {name: n for name, n in heard.json["summary"].items() if n}
