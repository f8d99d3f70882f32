"""The form door without a gateway: the handler in this process, over real parts of the session's own."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from local import seed
from tests.functions.upload.door import Door, Parts
from tests.support.cloudinary import double
from tests.support.embedded_aws import embedded_aws, session_of

TABLES = "uploads, attempts, photos, stages, embeddings, hunt_progress, outbox, rate_buckets, breakers"


@pytest.fixture(scope="session")
def parts(postgres_url, template_database, tmp_path_factory) -> Iterator[Parts]:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        names = sql.Identifier("form_door"), sql.Identifier(template_database)
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*names))
    database_url = postgres_url.replace("/keepsake?", "/form_door?")
    seed.seed(database_url)
    with embedded_aws(tmp_path_factory.mktemp("aws")) as aws, double(tmp_path_factory.mktemp("cloud")) as cloud:
        aws.client("s3").create_bucket(Bucket="photos")
        aws.client("s3").put_bucket_versioning(Bucket="photos", VersioningConfiguration={"Status": "Enabled"})
        names = ("bell", "alarm", "news", "detection", "embed", "courier")
        queues = {name: aws.client("sqs").create_queue(QueueName=name)["QueueUrl"] for name in names}
        yield Parts(database_url, aws, cloud, queues, session_of(aws, "s3:*", "sqs:*", "events:*"))


@pytest.fixture
def door(parts) -> Iterator[Door]:
    """Nothing was ever sent through it, and nobody fails."""
    parts.cloud.cloud.faults.clear()
    parts.cloud.cloud.assets.clear()
    parts.cloud.cloud.calls.clear()
    made = Door(parts)
    made.rows(f"TRUNCATE {TABLES}")
    yield made
    made.close()
