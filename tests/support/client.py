"""How tests talk to a running stack: as a client would, over HTTP, and with a look at what is really there."""

import hashlib
import io
import json
import time
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import psycopg
import urllib3
from PIL import Image

from local import tokens
from local.home import secrets_of
from local.stack import Stack

# What a photo may be called from its commit on, while all is well.
STORED = frozenset({"uploaded", "processing", "completed"})


def jpeg(size=(64, 48), **options) -> bytes:
    """A small photo that no other test has."""
    picture = Image.effect_noise(size, 80).convert("RGB")
    kept = io.BytesIO()
    picture.save(kept, "JPEG", quality=90, comment=uuid4().bytes.hex().encode(), **options)
    return kept.getvalue().ljust(1_500, b"\0")


@dataclass
class Answer:
    status: int
    headers: urllib3.HTTPHeaderDict
    data: bytes

    @property
    def json(self):
        return json.loads(self.data)


@dataclass
class Client:
    """One stack as its users see it."""

    stack: Stack
    pool: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(retries=False, timeout=30))

    def ask(self, method, path, *, json_body=None, body=None, token="", headers=None) -> Answer:
        sent = dict(headers or {})
        if token is not None:
            sent.setdefault("Authorization", f"Bearer {token or self.stack.token}")
        if json_body is not None:
            sent["Content-Type"] = "application/json"
            body = json.dumps(json_body).encode()
        url = path if path.startswith("http") else self.stack.api + path
        got = self.pool.request(method, url, body=body, headers=sent)
        return Answer(got.status, got.headers, got.data)

    def request_for(self, photo: bytes, **changes):
        asked = {
            "project_id": self.stack.project_id,
            "file_name": "photo.jpg",
            "file_size": len(photo),
            "mime_type": "image/jpeg",
            "sha256": hashlib.sha256(photo).hexdigest(),
        } | changes
        return {name: value for name, value in asked.items() if value is not None}

    def upload_url(self, photo: bytes, *, key=None, token="", **changes) -> Answer:
        headers = {"Idempotency-Key": key} if key else {}
        asked = self.request_for(photo, **changes)
        return self.ask("POST", "/api/v1/photos/upload-url", json_body=asked, headers=headers, token=token)

    def put(self, grant, photo: bytes, **headers) -> Answer:
        sent = grant["headers"] | headers
        return self.ask("PUT", grant["upload_url"], body=photo, headers=sent, token=None)

    def complete(self, photo_id, **options) -> Answer:
        return self.ask("POST", f"/api/v1/photos/{photo_id}/complete", **options)

    def photo(self, photo_id, **options) -> Answer:
        return self.ask("GET", f"/api/v1/photos/{photo_id}", **options)

    def status_of(self, photo_id) -> str:
        return self.photo(photo_id).json["status"]

    def has(self, photo_id) -> bool:
        """Whether the photo is there, however far it was processed meanwhile."""
        return self.status_of(photo_id) in STORED

    def processed(self, photo_id, **options) -> dict:
        """The photo once its last stage is through: nothing changes its rows behind a test's back any more."""

        def searchable():
            shown = self.photo(photo_id, **options).json
            return shown if shown["searchable"] else None

        return wait_until(searchable)

    def rows(self, query, *parameters):
        with psycopg.connect(self.stack.database_url, autocommit=True) as connection:
            found = connection.execute(query, parameters)
            return found.fetchall() if found.description else []

    def organisation(self, *, role="member", actor=None) -> tuple[str, str]:
        """An organisation of the test's own: (token, project id)."""
        org, project, actor = uuid4(), uuid4(), actor or f"actor-{uuid4()}"
        self.rows("INSERT INTO organizations (id, name) VALUES (%s, 'Other')", org)
        self.rows("INSERT INTO memberships (org_id, actor_id, role) VALUES (%s, %s, %s)", org, actor, role)
        self.rows("INSERT INTO projects (id, org_id, name) VALUES (%s, %s, 'Theirs')", project, org)
        return self.token(actor, org), str(project)

    def token(self, actor: str, org: UUID) -> str:
        return tokens.mint(secrets_of(self.stack.home).token_secret, actor_id=actor, org_id=org)


def wait_until(check, *, seconds=20.0):
    """Ask again until it is so; for what happens by itself, and therefore not at once."""
    deadline = time.monotonic() + seconds
    while not (found := check()):
        assert time.monotonic() < deadline, f"still not so after {seconds} s"
        time.sleep(0.1)
    return found
