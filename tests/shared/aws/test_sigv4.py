"""Our signatures are botocore's, byte for byte."""

from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from unittest.mock import patch
from urllib.parse import quote

import boto3
import botocore.auth
import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials as TheirCredentials
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.aws.credentials import Credentials
from shared.aws.endpoints import Endpoint
from shared.aws.sigv4 import Signer, encode_pairs

ENDPOINTS = [None, "http://127.0.0.1:4566", "https://s3.example.test"]
MOMENT = datetime(2030, 1, 31, 23, 59, 58, tzinfo=UTC)

text = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40)
keys = st.one_of(text, st.from_regex(r"[A-Za-z0-9/_.~-]{1,60}", fullmatch=True))
printable = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=30)
spaced = st.lists(printable, min_size=1, max_size=3).map("  ".join)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
regions = st.sampled_from(["us-east-1", "eu-west-1", "ap-southeast-2"])
buckets = st.sampled_from(["photos", "company-photos-prod", "my.photos"])
credentials = st.builds(Credentials, printable, printable, st.none() | printable)


@cache
def their_client(region, endpoint_url):
    return boto3.client(
        "s3",
        region_name=region,
        endpoint_url=endpoint_url,
        aws_access_key_id="x",
        aws_secret_access_key="x",
        config=Config(
            signature_version="s3v4",
            s3={
                "addressing_style": "path" if endpoint_url else "virtual",
                "us_east_1_regional_endpoint": "regional",
            },
        ),
    )


def their_url(who, method, *, region, endpoint_url, at, expires, **asked):
    client = their_client(region, endpoint_url)
    client._request_signer._credentials = TheirCredentials(who.access_key, who.secret_key, who.token)
    with patch.object(botocore.auth, "get_current_datetime", return_value=at):
        return client.generate_presigned_url(method, Params=asked, ExpiresIn=expires)


@given(
    who=credentials,
    region=regions,
    bucket=buckets,
    endpoint_url=st.sampled_from(ENDPOINTS),
    key=keys,
    at=moments,
    expires=st.integers(1, 604800),
    size=st.integers(0, 2**40),
    mime=spaced,
    checksum=st.none() | st.binary(min_size=32, max_size=32),
    meta=st.dictionaries(st.from_regex(r"[a-z][a-z0-9-]{0,12}", fullmatch=True), spaced, max_size=3),
)
@settings(max_examples=300, deadline=None)
def test_a_presigned_put_is_the_url_that_botocore_makes(
    *, who, region, bucket, endpoint_url, key, at, expires, size, mime, checksum, meta
):
    digest = checksum.hex() if checksum else ""
    headers = {"content-length": str(size), "content-type": mime, "if-none-match": "*"}
    headers |= {"x-amz-checksum-sha256": digest} if checksum else {}
    headers |= {f"x-amz-meta-{name}": value for name, value in meta.items()}
    asked = {"Bucket": bucket, "Key": key, "ContentLength": size, "ContentType": mime, "IfNoneMatch": "*"}
    asked |= {"ChecksumSHA256": digest} if checksum else {}
    theirs = their_url(
        who, "put_object", region=region, endpoint_url=endpoint_url, at=at, expires=expires, Metadata=meta, **asked
    )

    ours = Signer(who, region, "s3").presign(
        "PUT",
        Endpoint.bucket(bucket, region, endpoint_url),
        f"/{key}",
        at=at,
        expires=expires,
        headers=headers,
    )

    assert ours == theirs


@given(
    who=credentials,
    region=regions,
    bucket=buckets,
    endpoint_url=st.sampled_from(ENDPOINTS),
    key=keys,
    version=printable,
    disposition=text,
)
@settings(max_examples=150, deadline=None)
def test_a_presigned_get_is_the_url_that_botocore_makes(
    *, who, region, bucket, endpoint_url, key, version, disposition
):
    asked = {"Bucket": bucket, "Key": key, "VersionId": version, "ResponseContentDisposition": disposition}
    theirs = their_url(who, "get_object", region=region, endpoint_url=endpoint_url, at=MOMENT, expires=900, **asked)

    ours = Signer(who, region, "s3").presign(
        "GET",
        Endpoint.bucket(bucket, region, endpoint_url),
        f"/{key}",
        at=MOMENT,
        expires=900,
        query={"versionId": version, "response-content-disposition": disposition},
    )

    assert ours == theirs


@pytest.mark.parametrize(("service", "theirs"), [("s3", S3SigV4Auth), ("sqs", SigV4Auth)])
@given(
    who=credentials,
    key=keys,
    at=moments,
    body=st.binary(max_size=64),
    query=st.dictionaries(st.from_regex(r"[a-z][a-z-]{0,8}", fullmatch=True), text | st.just(""), max_size=4),
    mime=spaced,
)
@example(
    who=Credentials("AKIA", "hush"), key="k", at=MOMENT, body=b"", query={"a-b": "2", "a": "1"}, mime="image/png"
)
@settings(max_examples=100, deadline=None)
def test_a_signed_request_carries_the_authorization_that_botocore_makes(
    *, service, theirs, who, key, at, body, query, mime
):
    path = f"/{key}" if service == "s3" else "/"
    endpoint = Endpoint.of("https://host.example.test")
    digest = sha256(body).hexdigest()

    ours = Signer(who, "eu-west-1", service).sign(
        "PUT", endpoint, path, at=at, payload_sha256=digest, headers={"content-type": mime}, query=query
    )

    request = AWSRequest("PUT", endpoint.origin + quote(path, safe="/~"), data=body)
    request.url += f"?{encode_pairs(query)}" if query else ""
    request.headers["content-type"] = mime
    request.headers["X-Amz-Content-SHA256"] = digest
    with patch.object(botocore.auth, "get_current_datetime", return_value=at):
        theirs(TheirCredentials(who.access_key, who.secret_key, who.token), service, "eu-west-1").add_auth(request)
    assert ours["authorization"] == request.headers["Authorization"]
    assert ours["x-amz-date"] == request.headers["X-Amz-Date"]
    assert ours.get("x-amz-security-token") == request.headers.get("X-Amz-Security-Token")


def test_one_signer_crosses_midnight_with_a_new_key():
    signer = Signer(Credentials("AKIA", "hush"), "eu-west-1", "s3")
    endpoint = Endpoint.bucket("photos", "eu-west-1")
    next_day = datetime(2030, 2, 1, 0, 0, 1, tzinfo=UTC)
    signer.presign("PUT", endpoint, "/a", at=MOMENT, expires=60)

    later = signer.presign("PUT", endpoint, "/a", at=next_day, expires=60)

    fresh = Signer(Credentials("AKIA", "hush"), "eu-west-1", "s3")
    assert later == fresh.presign("PUT", endpoint, "/a", at=next_day, expires=60)
    assert "20300201T000001Z" in later


def test_the_signed_headers_of_a_put_are_in_the_url_where_s3_enforces_them():
    """Hoisted into the query, S3 would ignore them."""
    url = Signer(Credentials("AKIA", "hush"), "eu-west-1", "s3").presign(
        "PUT",
        Endpoint.bucket("photos", "eu-west-1"),
        "/a",
        at=MOMENT,
        expires=60,
        headers={"content-length": "1", "content-type": "image/png", "if-none-match": "*"},
    )

    assert "X-Amz-SignedHeaders=content-length%3Bcontent-type%3Bhost%3Bif-none-match&" in url
