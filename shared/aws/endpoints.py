"""Where a call goes: the address of a service or of a bucket, on AWS or on the embedded one."""

from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

ENDPOINT_URL = "AWS_ENDPOINT_URL"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A host, and the path that every request to it starts with."""

    origin: str
    host: str
    prefix: str = ""

    @classmethod
    def of(cls, url: str, prefix: str = "") -> Self:
        """Split an address once, so that signing never has to."""
        parts = urlsplit(url)
        return cls(f"{parts.scheme}://{parts.netloc}", parts.netloc, parts.path.rstrip("/") + prefix)

    @classmethod
    def service(cls, service: str, region: str, endpoint_url: str | None = None) -> Self:
        """Name the address of a regional service."""
        return cls.of(endpoint_url or f"https://{service}.{region}.amazonaws.com")

    @classmethod
    def bucket(cls, bucket: str, region: str, endpoint_url: str | None = None) -> Self:
        """Name the address of a bucket: its own host, or a path where a certificate or an emulator needs one."""
        if endpoint_url:
            return cls.of(endpoint_url, f"/{bucket}")
        # The wildcard certificate of S3 covers one label: a bucket with a dot would fail verification.
        if "." in bucket:
            return cls.of(f"https://s3.{region}.amazonaws.com", f"/{bucket}")
        return cls.of(f"https://{bucket}.s3.{region}.amazonaws.com")
