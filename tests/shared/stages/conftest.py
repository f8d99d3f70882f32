"""The parts that the tests of both stages share."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.shared.aws.conftest import assume, aws
from tests.shared.db.conftest import world
from tests.shared.stages.workshop import Workshop
from tests.support.cloudinary import double

__all__ = ["assume", "aws", "world"]

QUEUES = ("news", "embed", "bell")
# What the template grants to both workers and to the sweep, and nothing that deletes.
RIGHTS = ("s3:PutObject", "s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket", "sqs:SendMessage*")
REAPING = ("s3:DeleteObjectVersion", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads")


@pytest.fixture(scope="session")
def _rights(assume):
    return assume(*RIGHTS, *REAPING)


@pytest.fixture(scope="session")
def _cloudinary(tmp_path_factory):
    with double(tmp_path_factory.mktemp("cloudinary")) as playing:
        yield playing


@pytest.fixture
def shop(world, sql_of, aws, _cloudinary, _rights) -> Iterator[Workshop]:
    name = uuid4().hex
    s3, sqs = aws.client("s3"), aws.client("sqs")
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    queues = {each: sqs.create_queue(QueueName=f"{each}-{name}")["QueueUrl"] for each in QUEUES}
    _cloudinary.cloud.faults.clear()
    made = Workshop(world, sql_of, aws, _cloudinary, name, _rights, queues)
    yield made
    made.close()
