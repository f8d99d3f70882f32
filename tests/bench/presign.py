"""What does one presigned PUT cost beside botocore's? Interleaved medians; prints one line."""

import sys
from datetime import UTC, datetime
from statistics import median
from time import process_time_ns

import boto3
from botocore.config import Config

from shared.aws.credentials import Credentials
from shared.aws.endpoints import Endpoint
from shared.aws.sigv4 import Signer

BUCKET, REGION, CHECKSUM = "photos", "eu-west-1", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
KEY = "prod/7d9f3a52-6f0a-4b57-9a51-0b6b4f8f2d11/0b0f3b0e-5a64-4c63-9a4e-3f3f5f6a7b8c/1"
ROUNDS, CALLS = 100, 50


def ours() -> str:
    return SIGNER.presign(
        "PUT",
        ENDPOINT,
        f"/{KEY}",
        at=datetime.now(UTC),
        expires=900,
        headers={
            "content-length": "2097152",
            "content-type": "image/jpeg",
            "if-none-match": "*",
            "x-amz-checksum-sha256": CHECKSUM,
        },
    )


def theirs() -> str:
    asked = {
        "Bucket": BUCKET,
        "Key": KEY,
        "ContentLength": 2097152,
        "ContentType": "image/jpeg",
        "IfNoneMatch": "*",
        "ChecksumSHA256": CHECKSUM,
    }
    return str(CLIENT.generate_presigned_url("put_object", Params=asked, ExpiresIn=900))


def clocked(call) -> float:
    started = process_time_ns()
    for _ in range(CALLS):
        call()
    return (process_time_ns() - started) / CALLS / 1000


SIGNER = Signer(Credentials("AKIAEXAMPLE", "secret", "token" * 100), REGION, "s3")
ENDPOINT = Endpoint.bucket(BUCKET, REGION)
CLIENT = boto3.client(
    "s3",
    region_name=REGION,
    aws_access_key_id="AKIAEXAMPLE",
    aws_secret_access_key="secret",
    aws_session_token="token" * 100,
    config=Config(signature_version="s3v4", s3={"addressing_style": "virtual"}),
)

if __name__ == "__main__":
    pairs = [(clocked(ours), clocked(theirs)) for _ in range(ROUNDS)]
    mine, other = median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)
    sys.stdout.write(
        f"presigned PUT: ours {mine:.2f} us, botocore {other:.1f} us, ratio {mine / other:.4f} (goal 0.035)\n"
    )
