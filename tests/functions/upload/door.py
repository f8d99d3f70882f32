"""How a test knocks at the form door, and looks at what came of it."""

import json
import time
from dataclasses import dataclass, field
from functools import cached_property
from uuid import UUID

import psycopg

from functions.recover.handler import lambda_handler as recover
from functions.retry_failed.handler import lambda_handler as retry
from functions.upload.handler import lambda_handler as upload
from local import seed
from local.aws import REGION, Aws
from shared.aws.credentials import Credentials
from shared.bootstrap import LiveDeps
from tests.support.cloudinary import Double
from tests.support.form import Heard, event, form

PROJECT = {"project_id": str(seed.PROJECT_ID)}
STOP = {"team_id": str(seed.TEAM_ID), "location_id": str(seed.LOCATION_IDS[0])}


# What the door itself needs, the sweeper and the retry worker.
NEEDS = ("ledger", "photos", "parking", "recovery", "direct_store", "stores", "bell", "alarm", "limits")
NEEDS += ("upload_tokens", "outbox", "publisher", "courier_bell", "stages", "embedder", "process_hints")
NEEDS += ("embed_hints", "retries", "fetcher", "import_pause", "venues")


@dataclass(frozen=True)
class Parts:
    """The real parts that all tests of this folder share."""

    database_url: str
    aws: Aws
    cloud: Double
    queues: dict[str, str]
    role: Credentials

    def env(self, **changes: str) -> dict[str, str]:
        return {
            "DATABASE_URL": self.database_url,
            "CLOUDINARY_URL": self.cloud.url,
            "BUCKET": "photos",
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL": self.aws.endpoint,
            "AWS_ACCESS_KEY_ID": self.role.access_key,
            "AWS_SECRET_ACCESS_KEY": self.role.secret_key,
            "AWS_SESSION_TOKEN": str(self.role.token),
            "EVENT_BUS_NAME": "default",
            **{f"{name.upper()}_QUEUE_URL": url for name, url in self.queues.items()},
            "RATE_CAPACITY": "100000",
        } | changes


@dataclass
class Door:
    """One container of the upload function; the pauses between its tries are only noted."""

    parts: Parts
    changes: dict[str, str] = field(default_factory=dict)
    pauses: list[float] = field(default_factory=list)

    @cached_property
    def deps(self) -> LiveDeps:
        return LiveDeps(self.parts.env(**self.changes), NEEDS, sleep=self.pauses.append)

    def another(self, **changes: str) -> "Door":
        """A container of the same function that is set up in another way."""
        return Door(self.parts, changes)

    def send(self, photo: bytes, fields=None, *, mime="", file_name="photo.jpg", **options) -> Heard:
        content = form(photo, PROJECT if fields is None else fields, mime=mime, file_name=file_name)
        return self.send_raw(content, **options)

    def send_raw(self, content: bytes, *, actor=seed.MEMBER, org: UUID = seed.ORG_ID, seconds=28.0, **options):
        return self.hear(event(content, actor=actor, org=org, **options), seconds)

    def hear(self, asked, seconds=28.0) -> Heard:
        return Heard.of(upload(asked, Context(seconds), self.deps))

    def retry(self):
        return retry({}, Context(110), self.deps)

    def recover(self):
        return recover({}, Context(55), self.deps)

    def rows(self, query, *parameters):
        with psycopg.connect(self.parts.database_url, autocommit=True) as connection:
            found = connection.execute(query, parameters)
            return found.fetchall() if found.description else []

    def counts(self) -> tuple[int, ...]:
        """How many uploads, attempts, photos and pieces of news there are."""
        tables = ("uploads", "attempts", "photos", "outbox")
        return self.rows("SELECT " + ", ".join(f"(SELECT count(*) FROM {name})" for name in tables))[0]

    def attempts(self) -> list[tuple[str, str]]:
        return self.rows("SELECT store, state FROM attempts ORDER BY attempt_no")

    def objects(self) -> list[str]:
        """What lies in our bucket for the uploads that this test made, in any version."""
        listed = self.parts.aws.client("s3").list_object_versions(Bucket="photos").get("Versions", [])
        ours = {str(upload_id) for (upload_id,) in self.rows("SELECT id FROM uploads")}
        return [each["Key"] for each in listed if each["Key"].split("/")[2] in ours]

    def close(self) -> None:
        """What Lambda lets die with its container, a test must end: its connections."""
        made = vars(self.deps)
        for name in ("_database", "_http"):
            if name in made:
                made[name].close()
        if "direct_store" in made:
            made["direct_store"]._http.close()  # a test may have given it another one


class Context:
    """What Lambda tells a function: who it is, and how long it may still run."""

    aws_request_id = "run-0001"

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._ends - time.monotonic()) * 1000))


def lines(captured) -> list[dict[str, object]]:
    """What was written for the log, line by line."""
    return [json.loads(line) for line in captured.readouterr().out.splitlines()]


def metrics(written: list[dict[str, object]]) -> dict[str, list[float]]:
    """The numbers among the lines, by their name."""
    found: dict[str, list[float]] = {}
    for line in written:
        for group in line.get("_aws", {}).get("CloudWatchMetrics", []):
            for metric in group["Metrics"]:
                found.setdefault(metric["Name"], []).append(line[metric["Name"]])
    return found
