"""How a test of the stages gets photos whose bytes are really there, and sees what the workers made of them."""

import io
import json
from contextlib import closing
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import psycopg
from PIL import Image

from functions.embed_photos.handler import lambda_handler as embed_photos
from functions.process_images.handler import lambda_handler as process_images
from local.aws import REGION, Aws
from shared.aws.credentials import Credentials
from shared.bootstrap import LiveDeps
from shared.db.connection import Database
from shared.db.photos import PhotoReader
from shared.photos import Commit, Reply, StoredObject, StoreName
from tests.shared.db.conftest import World
from tests.shared.db.stored import Stored
from tests.support.cloudinary import Double, store_at
from tests.support.roles import worker_url

NEEDS = ("stages", "stores", "direct_store", "originals", "render", "embedder", "bell", "recovery")
HINTS = ("process_hints", "embed_hints")


def drawn(seed: int = 0, size: tuple[int, int] = (64, 48), **options: Any) -> bytes:
    """A picture that no other number draws."""
    picture = Image.new("RGB", size, (seed * 37 % 256, seed * 91 % 256, 120))
    picture.putpixel((seed % size[0], 1), (255, 255, 255))
    kept = io.BytesIO()
    picture.save(kept, "JPEG", **options)
    return kept.getvalue() + bytes([seed])


@dataclass
class Context:
    """Lambda's, with so much time left."""

    milliseconds: int = 110_000
    aws_request_id: str = "worker"

    def get_remaining_time_in_millis(self) -> int:
        return self.milliseconds


@dataclass
class Workshop:
    """A bucket, queues, a Cloudinary and a ledger; and one container with the rights of a worker."""

    world: World
    sql: psycopg.Connection
    aws: Aws
    cloudinary: Double
    bucket: str
    role: Credentials
    queues: dict[str, str]
    embedder: str = "local"
    changes: dict[str, str] = field(default_factory=dict)
    _deps: LiveDeps | None = None

    @property
    def deps(self) -> LiveDeps:
        if self._deps is None:
            self._deps = LiveDeps(self._env(), NEEDS + HINTS, sleep=lambda _: None)
        return self._deps

    def _env(self) -> dict[str, str]:
        return {
            "DATABASE_URL": worker_url(self.world.url),
            "CLOUDINARY_URL": self.cloudinary.url,
            "BUCKET": self.bucket,
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL": self.aws.endpoint,
            "AWS_ACCESS_KEY_ID": self.role.access_key,
            "AWS_SECRET_ACCESS_KEY": self.role.secret_key,
            "AWS_SESSION_TOKEN": str(self.role.token),
            "EMBEDDER": self.embedder,
            **{f"{name.upper()}_QUEUE_URL": url for name, url in self.queues.items()},
        } | self.changes

    def photo(self, body: bytes | None = None, key: str | None = None, store: StoreName = StoreName.S3) -> UUID:
        """Commit one photo whose bytes are in its store."""
        body = drawn() if body is None else body
        self.sql.execute("UPDATE organizations SET store = %s", (store,))
        digest = sha256(body).hexdigest()
        claim = self.world.claim(key or uuid4().hex, sha256=digest)
        stored = self._put(claim.attempt.object_name, body, store)
        made = self.world.commit_of(claim, sha256=digest)
        self.world.ledger.commit(
            Commit(made.attempt, made.target_key, stored, made.image, made.reply, made.photo_url)
        )
        return claim.attempt.upload_id

    def _put(self, name: str, body: bytes, store: StoreName) -> StoredObject:
        digest = sha256(body).hexdigest()
        if store is StoreName.S3:
            put = self.aws.client("s3").put_object(Bucket=self.bucket, Key=name, Body=body)
            return StoredObject(store, name, len(body), "image/jpeg", digest, version=put["VersionId"])
        from hashlib import md5

        from shared.photos import Asset

        with store_at(self.cloudinary.url) as cloudinary:
            plain = md5(body, usedforsecurity=False).hexdigest()
            stored = cloudinary.put(name, Asset(body, None, "image/jpeg", len(body), digest, plain), 5.0)
        return StoredObject(store, name, len(body), "image/jpeg", digest, ref=stored.ref)

    def process(self, *bodies: UUID | str, context: Context | None = None) -> list[str]:
        """Deliver one batch of messages; answer with the places of those that must come again."""
        return self._deliver(process_images, [_body(each) for each in bodies], context)

    def embed(self, *bodies: UUID | str, context: Context | None = None) -> list[str]:
        return self._deliver(embed_photos, [_body(each) for each in bodies], context)

    def _deliver(self, handler: Any, bodies: list[str], context: Context | None) -> list[int]:
        records = [{"messageId": str(n), "eventSource": "aws:sqs", "body": body} for n, body in enumerate(bodies)]
        answer = handler({"Records": records}, context or Context(), self.deps)
        return [int(each["itemIdentifier"]) for each in answer["batchItemFailures"]]

    def row(self, photo_id: UUID, columns: str = "status, stage") -> tuple[Any, ...]:
        return self.sql.execute(f"SELECT {columns} FROM photos WHERE id = %s", (photo_id,)).fetchone()

    def stage(self, photo_id: UUID, columns: str = "state", stage: str = "process") -> tuple[Any, ...]:
        query = f"SELECT {columns} FROM stages WHERE photo_id = %s AND stage = %s"
        return self.sql.execute(query, (photo_id, stage)).fetchone()

    def pass_time(self) -> None:
        """What waits for its time is due, and whoever is gone has lost the lease."""
        self.sql.execute("UPDATE stages SET due_at = now() WHERE state = 'due'")
        self.sql.execute("UPDATE stages SET hint_at = now(), lease_until = now()")

    def objects(self, prefix: str = "derived/") -> list[str]:
        """Every name in the bucket, once for each version of it."""
        listed = self.aws.client("s3").list_object_versions(Bucket=self.bucket, Prefix=prefix)
        return [each["Key"] for each in listed.get("Versions", []) + listed.get("DeleteMarkers", [])]

    def hinted(self, queue: str) -> list[str]:
        """Which photos the messages of a queue name; they are gone from it then."""
        sqs, found = self.aws.client("sqs"), []
        while messages := sqs.receive_message(QueueUrl=self.queues[queue], MaxNumberOfMessages=10).get("Messages"):
            for each in messages:
                found.append(json.loads(each["Body"]).get("photo_id"))
                sqs.delete_message(QueueUrl=self.queues[queue], ReceiptHandle=each["ReceiptHandle"])
        return found

    def delete(self, photo_id: UUID) -> None:
        stored = Stored(self.world, self.sql)
        with closing(Database(self.world.url)) as database:
            reader = PhotoReader(database)
            assert reader.delete(self.world.member, photo_id, stored.key_of(photo_id), Reply(410, {}))

    def close(self) -> None:
        if self._deps is None:
            return
        for name in ("_database", "_http"):
            if name in vars(self._deps):
                vars(self._deps)[name].close()


def _body(told: UUID | str) -> str:
    return told if isinstance(told, str) else json.dumps({"topic": "photo.committed", "photo_id": str(told)})
