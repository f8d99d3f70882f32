"""An embedded AWS of a session's own, which verifies every signature but the root's."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from local.aws import REGION, Aws
from shared.aws.credentials import Credentials
from shared.aws.http import HttpClient
from shared.aws.reach import Reach
from tests.support.ports import free_ports

JUST_NOW = timedelta(0)
# All that the store of S3 ever asks for: a template that grants these has granted enough.
STORE_RIGHTS = (
    "s3:PutObject",
    "s3:GetObject",
    "s3:GetObjectVersion",
    "s3:DeleteObjectVersion",
    "s3:AbortMultipartUpload",
    "s3:ListMultipartUploadParts",
    "s3:ListBucket",
    "s3:ListBucketVersions",
    "s3:ListBucketMultipartUploads",
)


@contextmanager
def embedded_aws(home: Path) -> Iterator[Aws]:
    """Run one for as long as the block lasts."""
    port = free_ports(1)
    process = subprocess.Popen(
        [sys.executable, "-I", "-m", "ministack"],
        env=_environment(home, port),
        cwd=home,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        endpoint = f"http://127.0.0.1:{port}"
        _await(f"{endpoint}/_ministack/health", process)
        yield Aws(endpoint)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def session_of(aws: Aws, *actions: str) -> Credentials:
    """Make a role that may do only what is named, and its session: the root's signatures are not checked."""
    name = f"role-{uuid.uuid4().hex}"
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    rights = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    iam = aws.client("iam")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=_policy(trust))["Role"]
    if actions:
        iam.put_role_policy(RoleName=name, PolicyName="rights", PolicyDocument=_policy(rights))
    told = aws.client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="test")["Credentials"]
    return Credentials(told["AccessKeyId"], told["SecretAccessKey"], told["SessionToken"])


def reach_of(
    aws: Aws,
    credentials: Credentials,
    http: HttpClient,
    *,
    endpoint_url: str | None = None,
    age: timedelta = JUST_NOW,
) -> Reach:
    """How a client of ours reaches it, or somewhere else, now or so long ago."""
    return Reach(REGION, credentials, http, lambda: datetime.now(UTC) - age, endpoint_url or aws.endpoint)


def _policy(statement: dict[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _environment(home: Path, port: int) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "AUTH": "true",
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(home / "s3"),
        "IOT_MTLS_ENABLED": "false",
        "SFTP_ENABLED": "0",
        "DOCKER_HOST": "unix:///nonexistent",
    }


def _await(url: str, process: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + 30
    while process.poll() is None and time.monotonic() < ends:
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310 - our own address
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"the embedded AWS did not start (exit code {process.returncode})")
