"""A bucket with versions in the embedded AWS, and the store over it with no more rights than it needs."""

import uuid
from datetime import timedelta

import pytest

from shared.media.s3 import S3Store
from tests.shared.aws.conftest import assume, aws, http
from tests.support.embedded_aws import STORE_RIGHTS, reach_of

__all__ = ["assume", "aws", "http"]


@pytest.fixture(scope="module")
def s3(aws):
    return aws.client("s3")


@pytest.fixture(scope="module")
def bucket(s3):
    name = f"photos-{uuid.uuid4().hex}"
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name


@pytest.fixture(scope="module")
def role(assume):
    return assume(*STORE_RIGHTS)


@pytest.fixture
def store_with(aws, bucket, role, http):
    def make(*, bucket=bucket, credentials=role, age=timedelta(0)):
        return S3Store(bucket, reach_of(aws, credentials, http, age=age))

    return make


@pytest.fixture
def store(store_with):
    return store_with()


@pytest.fixture
def name():
    return f"test/org/{uuid.uuid4()}/1"


@pytest.fixture
def counted(store, monkeypatch):
    """Shorten every page, and keep what was asked."""
    asked = []
    ask = store._ask

    def shortened(method, name, action, **options):
        asked.append(action)
        query = {**options.pop("query", {}), "max-parts": "2", "max-uploads": "2"}
        return ask(method, name, action, query=query, **options)

    monkeypatch.setattr(store, "_ask", shortened)
    return asked
