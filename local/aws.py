"""How the embedded AWS is started, and how we speak to it."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import boto3
import botocore.session
from botocore.config import Config

from local.processes import LOOPBACK

REGION = "us-east-1"
ACCOUNT = "000000000000"
# The embedded AWS takes exactly this pair for the account's root; every function gets its role's own.
ROOT_KEY = "test"

READY_PATH = "/_ministack/ready"

# Each of these could point a client at somebody's real account.
_UNREAD = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
    "ca_bundle": (None, None, None, None),
}


def command() -> list[str]:
    """What to run, reading nothing of the developer's Python settings."""
    return [sys.executable, "-I", "-m", "ministack"]


def environment(home: Path, port: int) -> Mapping[str, str]:
    """Everything the embedded AWS may know. It hands its environment on to every function."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        # Functions look for a user's AWS settings below HOME: they must not find any.
        "HOME": str(home / "tmp"),
        "TMPDIR": str(home / "tmp"),
        "BIND_HOST": LOOPBACK,
        "GATEWAY_PORT": str(port),
        "AUTH": "true",
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(home / "s3"),
        # The other listeners it has, and the Docker that it would ask to clean up at every start.
        "IOT_MTLS_ENABLED": "false",
        "SFTP_ENABLED": "0",
        "DOCKER_HOST": "unix:///nonexistent",
    }


@dataclass(frozen=True)
class Aws:
    """The embedded AWS of one stack, as its account's root sees it."""

    endpoint: str

    def client(self, service: str) -> Any:  # noqa: ANN401 - botocore makes its clients at run time
        """A client that reads nothing of the developer's own AWS settings, nor their proxy."""
        return _client(self.endpoint, service)


@lru_cache(maxsize=32)
def _client(endpoint: str, service: str) -> Any:  # noqa: ANN401
    session = boto3.session.Session(botocore_session=botocore.session.Session(session_vars=_UNREAD))
    return session.client(
        service,
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id=ROOT_KEY,
        aws_secret_access_key=ROOT_KEY,
        # A proxy of the developer's would be asked for 127.0.0.1.
        config=Config(proxies={}, s3={"addressing_style": "path"}),
    )
