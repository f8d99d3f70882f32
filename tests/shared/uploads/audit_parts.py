"""Where audits are tried: an S3 and a Cloudinary of the module's own, and a fresh ledger for every test."""

from collections.abc import Iterator

import pytest

from shared.bootstrap import LiveDeps
from tests.shared.uploads.audit_world import BUCKET, STAGE, World
from tests.support.cloudinary import double
from tests.support.embedded_aws import embedded_aws, session_of
from tests.support.roles import worker_url

PARTS = ("audits", "retention", "listed_stores", "stores", "direct_store")
# What the template grants, and no more.
RIGHTS = (
    *("s3:ListBucket", "s3:ListBucketVersions", "s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"),
    *("s3:PutObjectTagging", "s3:PutObjectVersionTagging", "s3:DeleteObjectVersion"),
)


@pytest.fixture(scope="module")
def audit_aws(tmp_path_factory):
    with embedded_aws(tmp_path_factory.mktemp("aws")) as aws:
        yield aws


@pytest.fixture(scope="module")
def audit_cloud(tmp_path_factory):
    with double(tmp_path_factory.mktemp("cloud")) as cloud:
        yield cloud


@pytest.fixture
def deployment(audit_aws, audit_cloud, database_url, sql_of) -> Iterator[World]:
    """Empty stores, an empty ledger, and our deps with the rights and the login that the function has."""
    _empty(audit_aws)
    audit_cloud.cloud.assets.clear()
    audit_cloud.cloud.calls.clear()
    audit_cloud.cloud.faults.clear()
    audit_cloud.cloud.rate_limit.set(500)
    mine = session_of(audit_aws, *RIGHTS)
    env = {
        "STAGE": STAGE,
        "DATABASE_URL": worker_url(database_url),
        "BUCKET": BUCKET,
        "CLOUDINARY_URL": audit_cloud.url,
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": mine.access_key,
        "AWS_SECRET_ACCESS_KEY": mine.secret_key,
        "AWS_SESSION_TOKEN": mine.token,
        "AWS_ENDPOINT_URL": audit_aws.endpoint,
    }
    deps = LiveDeps(env, PARTS, sleep=lambda _: None)
    yield World(deps, audit_aws, audit_cloud, sql_of)
    deps._http.close()
    deps._database.close()


def _empty(aws) -> None:
    s3 = aws.client("s3")
    if not any(bucket["Name"] == BUCKET for bucket in s3.list_buckets()["Buckets"]):
        s3.create_bucket(Bucket=BUCKET)
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=BUCKET):
        entries = page.get("Versions", []) + page.get("DeleteMarkers", [])
        if entries:
            doomed = [{"Key": entry["Key"], "VersionId": entry["VersionId"]} for entry in entries]
            s3.delete_objects(Bucket=BUCKET, Delete={"Objects": doomed, "Quiet": True})
