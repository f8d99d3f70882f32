"""How many photos a second go through the whole direct door beside bare PUTs? Both in turns, to the same S3."""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import redirect_stdout
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from uuid import uuid4

import urllib3

from functions.upload_complete.handler import lambda_handler
from local import postgres, seed
from local.aws import REGION, Aws
from shared.bootstrap import LiveDeps
from shared.photos import Declared
from sql.migrate import migrate
from tests.bench.upload_url import asking
from tests.functions.upload.door import Context
from tests.load.photos import Camera, Photo
from tests.support.embedded_aws import embedded_aws, session_of

NEEDS = ("ledger", "twins", "photos", "parking", "direct_store", "stores", "bell", "alarm", "limits")
BUCKET = "photos"
CLIENTS, FILES, ROUNDS, SIZE = 4, 25, 7, 1_000_000
STORED, SECONDS = 200, 29.0
COMPLETE = "POST /api/v1/photos/{id}/complete"


class Client:
    """One client, in a process with the functions that serve it: as in Lambda, nobody shares with another."""

    def __init__(self, env: dict[str, str]) -> None:
        self._deps = LiveDeps(env, NEEDS)
        self._pool = urllib3.PoolManager()
        self._camera = Camera(SIZE, str(uuid4()))

    def bare(self) -> None:
        """PUTs to URLs that nobody had to be asked for."""
        for photo in self._shot():
            declared = Declared("a.jpg", len(photo.content), "image/jpeg", photo.sha256)
            put = self._deps.direct_store.presign_put(f"bare/{uuid4()}", declared, 900)
            self._put(put.url, dict(put.headers), photo)

    def whole(self) -> None:
        """A page of URLs, the PUTs, and a word about each."""
        photos = self._shot()
        asked = {"project_id": str(seed.PROJECT_ID), "files": [photo.facts for photo in photos]}
        page = json.loads(asking(self._deps, "POST /api/v1/photos/upload-urls", asked))
        for photo, grant in zip(photos, page["results"], strict=True):
            self._put(grant["upload_url"], grant["headers"], photo)
            asking(self._deps, COMPLETE, {}, lambda_handler, Context(SECONDS), id=grant["photo_id"])

    def _shot(self) -> list[Photo]:
        return [self._camera.shoot() for _ in range(FILES)]

    def _put(self, url: str, headers: dict[str, str], photo: Photo) -> None:
        assert self._pool.request("PUT", url, body=photo.content, headers=headers).status == STORED


def upload(way: Callable[[Client], None], told: str) -> None:
    # The log lines are part of the cost; the screen is not.
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
        way(client_of(told))


@cache
def client_of(told: str) -> Client:
    return Client(json.loads(told))


def seconds(pool: ProcessPoolExecutor, way: Callable[[Client], None], told: str) -> float:
    started = time.perf_counter()
    list(pool.map(upload, [way] * CLIENTS, [told] * CLIENTS))
    return time.perf_counter() - started


def main(env: dict[str, str]) -> str:
    bare, whole, told = [], [], json.dumps(env)
    with ProcessPoolExecutor(CLIENTS, get_context("spawn")) as pool:
        for _ in range(ROUNDS):
            bare.append(seconds(pool, Client.bare, told))
            whole.append(seconds(pool, Client.whole, told))
    photos = CLIENTS * FILES
    return (
        f"direct door, {photos} photos of 1 MB by {CLIENTS} clients: {photos / median(whole):.0f} photos/s, "
        f"bare PUTs {photos / median(bare):.0f}/s, ratio {median(bare) / median(whole):.2f} (goal 0.65)\n"
    )


def furnished(url: str, aws: Aws) -> dict[str, str]:
    """A bucket with versions, two queues, and what the functions are told of them."""
    s3, sqs = aws.client("s3"), aws.client("sqs")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    queues = {f"{name}_QUEUE_URL": sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("BELL", "ALARM")}
    session = session_of(aws, "s3:*", "sqs:*")
    env = {
        "DATABASE_URL": url,
        "BUCKET": BUCKET,
        "AWS_REGION": REGION,
        "RATE_CAPACITY": "1000000",
        "KEEP_PLANS": "true",
        **queues,
    }
    env |= {"AWS_ACCESS_KEY_ID": session.access_key, "AWS_SECRET_ACCESS_KEY": session.secret_key}
    return env | {"AWS_SESSION_TOKEN": str(session.token), "AWS_ENDPOINT_URL": aws.endpoint}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="ks-") as folder, embedded_aws(Path(folder)) as embedded:
        database = postgres.start(Path(folder) / "pg")
        try:
            migrate(database)
            seed.seed(database)
            sys.stdout.write(main(furnished(database, embedded)))
        finally:
            postgres.end(Path(folder) / "pg")
