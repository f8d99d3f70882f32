"""Every store there is, each over the nearest thing to its real provider."""

import uuid
from collections.abc import Iterator
from contextlib import closing

import pytest

from shared.aws.http import HttpClient
from shared.media.s3 import S3Store
from tests.support import cloudinary, imagekit
from tests.support.embedded_aws import STORE_RIGHTS, embedded_aws, reach_of, session_of
from tests.support.memory_store import MemoryStore


@pytest.fixture(scope="session")
def s3_store(tmp_path_factory) -> Iterator[S3Store]:
    with embedded_aws(tmp_path_factory.mktemp("aws")) as aws, closing(HttpClient()) as http:
        s3 = aws.client("s3")
        s3.create_bucket(Bucket="photos")
        s3.put_bucket_versioning(Bucket="photos", VersioningConfiguration={"Status": "Enabled"})
        yield S3Store("photos", reach_of(aws, session_of(aws, *STORE_RIGHTS), http))


@pytest.fixture(scope="session")
def cloudinary_store(tmp_path_factory):
    with cloudinary.double(tmp_path_factory.mktemp("cloudinary")) as it, cloudinary.store_at(it.url) as store:
        yield store


@pytest.fixture(scope="session")
def imagekit_store(tmp_path_factory):
    with imagekit.double(tmp_path_factory.mktemp("imagekit")) as it, imagekit.store_at(it.url) as store:
        yield store


@pytest.fixture(scope="session")
def memory_store():
    return MemoryStore()


@pytest.fixture(params=["memory", "s3", "cloudinary", "imagekit"])
def store(request):
    """One after the other: what a test says of a store is true of all of them."""
    return request.getfixturevalue(f"{request.param}_store")


@pytest.fixture
def name():
    return f"test/{uuid.uuid4()}/{uuid.uuid4()}/1"
