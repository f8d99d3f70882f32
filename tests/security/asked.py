"""What each route is asked for: a request about one organisation's things, or about things that nobody has."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

from tests.shared.edge.forms import BOUNDARY
from tests.support.client import Client, jpeg, wait_until
from tests.support.form import KIND, form


@dataclass(frozen=True)
class Things:
    """What an organisation has; the ids may as well be those of nothing."""

    photo: bytes
    photo_id: str
    pending_id: str
    project_id: str
    venue_id: str
    multipart: tuple[str, str]
    token_id: str
    webhook_id: str
    delivery_id: str

    def of_nobody(self) -> "Things":
        """The same request about ids that do not exist."""
        names = ("photo_id", "pending_id", "project_id", "venue_id", "token_id", "webhook_id", "delivery_id")
        return replace(
            self,
            multipart=(f"nobodys{uuid4().hex}", f"dev/{uuid4()}/{uuid4()}/1"),
            **{n: str(uuid4()) for n in names},
        )


@dataclass(frozen=True)
class Ask:
    """One request, less who sends it."""

    method: str
    path: str
    json_body: Any = None
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def by(self, client: Client, token: str | None):
        return client.ask(
            self.method, self.path, json_body=self.json_body, body=self.body, headers=dict(self.headers), token=token
        )


Builder = Callable[[Things], tuple[str, dict[str, Any]]]


def _file(things: Things) -> dict[str, Any]:
    digest = hashlib.sha256(things.photo).hexdigest()
    return {"file_name": "a.jpg", "file_size": len(things.photo), "mime_type": "image/jpeg", "sha256": digest}


def _form(things: Things) -> dict[str, Any]:
    content = form(jpeg(), {"project_id": things.project_id}, boundary=BOUNDARY)
    return {"body": content, "headers": {"Content-Type": KIND, "Idempotency-Key": str(uuid4())}}


def _meta(things: Things) -> dict[str, Any]:
    return {"filename": "a.jpg", "type": "image/jpeg", "metadata": {"project_id": things.project_id}}


def _multipart(what: str = "", **query: str) -> Builder:
    def build(things: Things) -> tuple[str, dict[str, Any]]:
        upload, key = things.multipart
        asked = "&".join(f"{name}={value}" for name, value in ({"key": key} | query).items())
        return f"/s3/multipart/{upload}{what}?{asked}", {}

    return build


def _complete_multipart(things: Things) -> tuple[str, dict[str, Any]]:
    path, _ = _multipart("/complete")(things)
    return path, {"json_body": {"parts": [{"PartNumber": 1, "ETag": '"x"'}]}}


def _sign(things: Things) -> tuple[str, dict[str, Any]]:
    upload, key = things.multipart
    return "/s3/sign", {"json_body": {"method": "PUT", "key": key, "uploadId": upload, "partNumber": 1}}


# Every route that somebody must be allowed to use, and how it is asked about somebody's things.
ABOUT: dict[str, Builder] = {
    "POST /api/v1/photos": lambda t: ("/api/v1/photos", _form(t)),
    "POST /photo-upload": lambda t: ("/photo-upload", _form(t)),
    "POST /.netlify/functions/photo-upload": lambda t: ("/.netlify/functions/photo-upload", _form(t)),
    "POST /api/v1/photos/upload-url": lambda t: (
        "/api/v1/photos/upload-url",
        {"json_body": {"project_id": t.project_id, **_file(t)}},
    ),
    "GET /api/upload-url": lambda t: (
        f"/api/upload-url?project_id={t.project_id}&filename=a.jpg&size={len(t.photo)}&mimeType=image/jpeg",
        {},
    ),
    "POST /api/v1/photos/upload-urls": lambda t: (
        "/api/v1/photos/upload-urls",
        {"json_body": {"project_id": t.project_id, "files": [{"client_id": "a", **_file(t)}]}},
    ),
    "POST /api/v1/photos/check": lambda t: (
        "/api/v1/photos/check",
        {"json_body": {"project_id": t.project_id, "hashes": [_file(t)["sha256"]]}},
    ),
    "POST /api/v1/upload-tokens": lambda t: ("/api/v1/upload-tokens", {"json_body": {"project_id": t.project_id}}),
    "GET /api/v1/upload-tokens/{id}": lambda t: (f"/api/v1/upload-tokens/{t.token_id}", {}),
    "DELETE /api/v1/upload-tokens/{id}": lambda t: (f"/api/v1/upload-tokens/{t.token_id}", {}),
    "POST /api/v1/photos/{id}/complete": lambda t: (f"/api/v1/photos/{t.pending_id}/complete", {"json_body": {}}),
    "POST /api/upload-complete": lambda t: ("/api/upload-complete", {"json_body": {"assetId": t.pending_id}}),
    "GET /api/v1/photos/{id}": lambda t: (f"/api/v1/photos/{t.photo_id}", {}),
    "GET /api/v1/photos/{id}/exif": lambda t: (f"/api/v1/photos/{t.photo_id}/exif", {}),
    "PATCH /api/v1/photos/{id}/status": lambda t: (
        f"/api/v1/photos/{t.photo_id}/status",
        {"json_body": {"status": "processing"}},
    ),
    "DELETE /api/v1/photos/{id}": lambda t: (f"/api/v1/photos/{t.photo_id}", {}),
    "GET /s3/params": lambda t: (
        f"/s3/params?filename=a.jpg&type=image%2Fjpeg&metadata%5Bproject_id%5D={t.project_id}",
        {},
    ),
    "POST /s3/multipart": lambda t: ("/s3/multipart", {"json_body": _meta(t)}),
    "GET /s3/multipart/{uploadId}": _multipart(),
    "DELETE /s3/multipart/{uploadId}": _multipart(),
    "GET /s3/multipart/{uploadId}/batch": _multipart("/batch", partNumbers="1,2"),
    "GET /s3/multipart/{uploadId}/{partNumber}": _multipart("/1"),
    "POST /s3/multipart/{uploadId}/complete": _complete_multipart,
    "POST /s3/sign": _sign,
    "POST /s3/presign": _sign,
    "POST /api/v1/photos/{id}/retry-processing": lambda t: (f"/api/v1/photos/{t.photo_id}/retry-processing", {}),
    "POST /api/v1/venues/{id}/images": lambda t: (
        f"/api/v1/venues/{t.venue_id}/images",
        {"json_body": {"images": [{"provider": "maps", "provider_url": "https://photos.example.com/1.jpg"}]}},
    ),
    "GET /api/v1/venues/{id}/images": lambda t: (f"/api/v1/venues/{t.venue_id}/images", {}),
    "DELETE /api/v1/webhooks/{id}": lambda t: (f"/api/v1/webhooks/{t.webhook_id}", {}),
    "POST /api/v1/webhooks/{id}/test": lambda t: (f"/api/v1/webhooks/{t.webhook_id}/test", {}),
    "GET /api/v1/webhooks/{id}/deliveries": lambda t: (f"/api/v1/webhooks/{t.webhook_id}/deliveries", {}),
    "POST /api/v1/deliveries/{id}/resend": lambda t: (f"/api/v1/deliveries/{t.delivery_id}/resend", {}),
    "GET /api/v1/photos/search": lambda t: (f"/api/v1/photos/search?similar_to={t.photo_id}", {}),
}
# These are about whoever asks, and name nothing that could be another's.
ABOUT_ONESELF: dict[str, Any] = {
    "GET /api/v1/photos": None,
    "GET /api/processing-stats": None,
    "GET /api/sse/processing-updates": None,
    "GET /api/telemetry": None,
    "GET /api/v1/webhooks": None,
    "POST /api/v1/webhooks": {"url": "https://hooks.example.com/photos"},
    "POST /api/v1/retry-failed": {"dry_run": True},
    "POST /api/v1/audit": {},
    "GET /api/admin/failures": None,
    "GET /api/admin/reports/{name}": None,
}
# What only admins may do, also of their own organisation.
FOR_ADMINS = frozenset(
    {
        "GET /api/v1/webhooks",
        "POST /api/v1/webhooks",
        "DELETE /api/v1/webhooks/{id}",
        "POST /api/v1/webhooks/{id}/test",
        "GET /api/v1/webhooks/{id}/deliveries",
        "POST /api/v1/deliveries/{id}/resend",
        "POST /api/v1/retry-failed",
        "POST /api/v1/audit",
        "GET /api/admin/failures",
        "GET /api/admin/reports/{name}",
    }
)
# Open to everybody; and what an upload token in the path opens is asked for elsewhere.
OPEN = frozenset({"GET /health", "$default"})
# What a viewer may do: look.
READS = frozenset(
    {
        "GET /api/v1/photos/{id}",
        "GET /api/v1/photos/{id}/exif",
        "GET /api/v1/photos/search",
        "GET /api/v1/venues/{id}/images",
        "GET /api/v1/upload-tokens/{id}",
        "DELETE /api/v1/upload-tokens/{id}",
    }
)


def ask_of(route: str, things: Things) -> Ask:
    path, rest = ABOUT[route](things)
    return Ask(route.split(" ", maxsplit=1)[0], path, **rest)


def ask_of_oneself(route: str) -> Ask:
    method, path = route.replace("{name}", "pending_uploads").split(" ")
    return Ask(method, path, json_body=ABOUT_ONESELF[route])


def _venue(client: Client, project: str) -> str:
    venue = str(uuid4())
    statement = "INSERT INTO venues (id, org_id, name) SELECT %s, org_id, 'Theirs' FROM projects WHERE id = %s"
    client.rows(statement, venue, project)
    return venue


def _webhook(client: Client, token: str) -> tuple[str, str]:
    """One that was told something."""
    made = client.ask("POST", "/api/v1/webhooks", json_body=ABOUT_ONESELF["POST /api/v1/webhooks"], token=token).json
    client.ask("POST", f"/api/v1/webhooks/{made['webhook_id']}/test", token=token)
    query = "SELECT id::text FROM deliveries WHERE webhook_id = %s"
    return made["webhook_id"], client.rows(query, made["webhook_id"])[0][0]


def things_of(client: Client, token: str, project: str) -> Things:
    """One of everything, made as its owner would."""
    photo = jpeg()
    granted = client.upload_url(photo, token=token, project_id=project).json
    client.put(granted, photo)
    client.complete(granted["photo_id"], token=token)
    wait_until(lambda: client.photo(granted["photo_id"], token=token).json["status"] != "pending_upload")
    pending = client.upload_url(jpeg(), token=token, project_id=project).json
    begun = client.ask(
        "POST",
        "/s3/multipart",
        json_body={"filename": "a.jpg", "type": "image/jpeg", "metadata": {"project_id": project}},
        token=token,
    ).json
    minted = client.ask("POST", "/api/v1/upload-tokens", json_body={"project_id": project}, token=token).json
    webhook_id, delivery_id = _webhook(client, token)
    return Things(
        photo=photo,
        photo_id=granted["photo_id"],
        pending_id=pending["photo_id"],
        project_id=project,
        venue_id=_venue(client, project),
        multipart=(begun["uploadId"], begun["key"]),
        token_id=minted["token_id"],
        webhook_id=webhook_id,
        delivery_id=delivery_id,
    )
