"""What stands around the functions under test: a ledger, an S3, a Cloudinary and three queues, all real enough."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any, LiteralString
from uuid import UUID, uuid4

import psycopg
from psycopg.rows import DictRow, dict_row

from local.aws import Aws
from tests.crash.containers import WORKING, Call, Containers, Outcome, containers
from tests.support.cloudinary import Double, double
from tests.support.embedded_aws import embedded_aws, session_of

STAGE = "crash"
BUCKET = "photos"
QUEUES = ("bell", "alarm", "news", "detection", "embed", "courier")
RIGHTS = ("s3:*", "sqs:SendMessage*", "events:PutEvents")

# All that waits for its time is due. An absent look stays as old as it is, and nothing is safe from landing late.
PASS_TIME: tuple[LiteralString, ...] = (
    "UPDATE uploads SET lease_until = now() - interval '1 second' WHERE lease_until > now()",
    "UPDATE uploads SET next_retry_at = now() WHERE next_retry_at > now()",
    "UPDATE attempts SET next_look_at = now() WHERE next_look_at > now()",
    "UPDATE attempts SET absent_at = absent_at - interval '10 minutes'",
    "UPDATE outbox SET available_at = now() WHERE available_at > now()",
    "UPDATE stages SET lease_until = now() - interval '1 second' WHERE lease_until > now()",
    "UPDATE stages SET due_at = now(), hint_at = now() WHERE state = 'due'",
    "DELETE FROM breakers",
)
STAGES_DUE: LiteralString = "SELECT photo_id, stage FROM stages WHERE state = 'due' AND due_at <= now()"
WORKERS = {"process": "process_images", "embed": "embed_photos"}
NOTHING_LANDS_ANY_MORE: LiteralString = "UPDATE attempts SET reap_after = now() WHERE reap_after > now()"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a photo belongs: a target in an organisation of its own."""

    org_id: UUID
    actor_id: str
    target: dict[str, str]

    @property
    def prefix(self) -> str:
        """What the name of every object of this organisation begins with."""
        return f"{STAGE}/{self.org_id}/"


@dataclass
class House:
    """All parts, and the ways to look at them from behind."""

    env: dict[str, str]
    ledger: "psycopg.Connection[DictRow]"
    aws: Aws
    cloudinary: Double
    functions: Containers
    queues: dict[str, str]
    # Opens for what Cloudinary applies late, or slowly.
    gate: Event = field(default_factory=Event)
    news: "Counter[str]" = field(default_factory=Counter)

    def call(self, call: Call) -> Outcome:
        return self.functions.call(call, self.env)

    def rows(self, query: LiteralString, **params: object) -> list[DictRow]:
        found = self.ledger.execute(query, params)
        return found.fetchall() if found.description else []

    def place(self, kind: str, store: str) -> Place:
        """A project, or a stop of a hunt, whose photos live in this store."""
        org, actor = uuid4(), f"actor-{uuid4()}"
        self.rows(
            "INSERT INTO organizations (id, name, store) VALUES (%(org)s, 'O', %(store)s)", org=org, store=store
        )
        self.rows("INSERT INTO memberships VALUES (%(org)s, %(actor)s, 'member')", org=org, actor=actor)
        return Place(org, actor, self._project(org) if kind == "project" else self._stop(org))

    def _project(self, org: UUID) -> dict[str, str]:
        project = uuid4()
        self.rows("INSERT INTO projects (id, org_id, name) VALUES (%(id)s, %(org)s, 'P')", id=project, org=org)
        return {"project_id": str(project)}

    def _stop(self, org: UUID) -> dict[str, str]:
        ids = {"org": org, "hunt": uuid4(), "team": uuid4(), "location": uuid4()}
        self.rows("INSERT INTO hunts (id, org_id, name) VALUES (%(hunt)s, %(org)s, 'H')", **ids)
        self.rows("INSERT INTO teams (id, org_id, hunt_id, name) VALUES (%(team)s, %(org)s, %(hunt)s, 'T')", **ids)
        self.rows(
            "INSERT INTO locations (id, org_id, hunt_id, title) VALUES (%(location)s, %(org)s, %(hunt)s, 'L')", **ids
        )
        return {"team_id": str(ids["team"]), "location_id": str(ids["location"])}

    def pass_time(self) -> None:
        """Minutes go by: leases end, and whatever waits is due."""
        for change in PASS_TIME:
            self.rows(change)

    def recover(self, **how: Any) -> Outcome:
        return self.call(Call("recover", {}, **how))

    def retry(self, **how: Any) -> Outcome:
        return self.call(Call("retry_failed", {}, **how))

    def work(self) -> list[Outcome]:
        """Do what is due for photos that are stored, as if a message had just told of it."""
        return [self.call(hint(row["stage"], row["photo_id"])) for row in self.rows(STAGES_DUE)]

    def calm(self) -> None:
        """Whatever was broken works again; what is late stays late."""
        self.cloudinary.cloud.faults.clear()

    def objects(self, place: Place) -> list[dict[str, Any]]:
        """Every version and every delete marker in S3."""
        listed = self.aws.client("s3").list_object_versions(Bucket=BUCKET, Prefix=place.prefix)
        found: list[dict[str, Any]] = listed.get("Versions", []) + listed.get("DeleteMarkers", [])
        return found

    def derived(self, place: Place) -> list[str]:
        """Every version, and every delete marker, of what was made of photos."""
        listed = self.aws.client("s3").list_object_versions(Bucket=BUCKET, Prefix=f"derived/{place.prefix}")
        return [each["Key"] for each in listed.get("Versions", []) + listed.get("DeleteMarkers", [])]

    def content(self, name: str, version: str) -> bytes:
        body: bytes = self.aws.client("s3").get_object(Bucket=BUCKET, Key=name, VersionId=version)["Body"].read()
        return body

    def assets(self, place: Place) -> list[str]:
        return [name for name in self.cloudinary.held() if name.startswith(place.prefix)]

    def asset(self, name: str) -> bytes | None:
        return self.cloudinary.cloud.assets.content(("image", "upload", name))

    def told_of(self, photo_id: str) -> int:
        """How often others were told of a photo."""
        sqs = self.aws.client("sqs")
        while messages := sqs.receive_message(QueueUrl=self.queues["news"], MaxNumberOfMessages=10).get("Messages"):
            self.news.update(json.loads(message["Body"])["photo_id"] for message in messages)
            entries = [{"Id": str(n), "ReceiptHandle": m["ReceiptHandle"]} for n, m in enumerate(messages)]
            sqs.delete_message_batch(QueueUrl=self.queues["news"], Entries=entries)
        return self.news[photo_id]


def hint(stage: str, photo_id: object) -> Call:
    """Say to a worker that a photo may have something to do."""
    body = json.dumps({"topic": "photo.committed", "photo_id": str(photo_id)})
    return Call(WORKERS[stage], {"Records": [{"messageId": "hint", "eventSource": "aws:sqs", "body": body}]}, WORKING)


@contextmanager
def house(home: Path, database_url: str) -> Iterator[House]:
    """Build it around an empty, migrated ledger."""
    (home / "aws").mkdir()
    with (
        embedded_aws(home / "aws") as aws,
        double(home / "cloudinary") as cloudinary,
        containers(home) as functions,
        psycopg.connect(database_url, autocommit=True, row_factory=dict_row) as ledger,
    ):
        queues = {name: aws.client("sqs").create_queue(QueueName=name)["QueueUrl"] for name in QUEUES}
        built = House(_env(aws, cloudinary, queues, database_url), ledger, aws, cloudinary, functions, queues)
        cloudinary.cloud.wait = lambda seconds: not built.gate.wait(seconds)
        _make_bucket(aws)
        yield built
        built.gate.set()


def _make_bucket(aws: Aws) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})


def _env(aws: Aws, cloudinary: Double, queues: dict[str, str], database_url: str) -> dict[str, str]:
    session = session_of(aws, *RIGHTS)
    return {
        "STAGE": STAGE,
        "DATABASE_URL": database_url,
        "CLOUDINARY_URL": cloudinary.url,
        "BUCKET": BUCKET,
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": aws.endpoint,
        "AWS_ACCESS_KEY_ID": session.access_key,
        "AWS_SECRET_ACCESS_KEY": session.secret_key,
        "AWS_SESSION_TOKEN": session.token or "",
        "PUBLIC_URL": "https://photos.example",
        "RATE_CAPACITY": "1000000",
        "EVENT_BUS_NAME": "default",
        "EMBEDDER": "local",
        "EMBED_PER_MINUTE": "100000",
        **{f"{name.upper()}_QUEUE_URL": url for name, url in queues.items()},
    }
