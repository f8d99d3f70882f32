"""Which Cloudinary account is ours, and how one proves to be its owner."""

import hashlib
from base64 import b64encode
from dataclasses import dataclass, field
from typing import Final, Self
from urllib.parse import parse_qs, unquote, urlsplit

from shared.errors import Misconfigured

ITS_API: Final = "https://api.cloudinary.com"
DIGESTS: Final = frozenset({"sha1", "sha256"})


@dataclass(frozen=True, slots=True)
class Account:
    """One product environment, with the key and the secret that open it."""

    cloud_name: str
    api_key: str
    api_secret: str = field(repr=False)
    upload_prefix: str = ITS_API
    signature_algorithm: str = "sha1"

    @classmethod
    def from_url(cls, url: str) -> Self:
        """Read what Cloudinary's console shows as CLOUDINARY_URL; what is wrong with it is told without it."""
        try:
            parts = urlsplit(url)
            given = (parts.hostname, parts.username, parts.password)
        except ValueError:
            raise _unusable() from None
        cloud_name, api_key, api_secret = (unquote(part or "") for part in given)
        if parts.scheme != "cloudinary" or not (cloud_name and api_key and api_secret):
            raise _unusable()
        options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        algorithm = options.get("signature_algorithm", "sha1")
        if algorithm not in DIGESTS:
            raise Misconfigured("CLOUDINARY_URL asks for an unknown signature_algorithm: use sha1 or sha256.")
        prefix = options.get("upload_prefix", ITS_API).rstrip("/")
        return cls(cloud_name, api_key, api_secret, prefix, algorithm)

    @property
    def basic_auth(self) -> str:
        return "Basic " + b64encode(f"{self.api_key}:{self.api_secret}".encode()).decode("ascii")

    def signature_of(self, public_id: str, version: int) -> str:
        """What only Cloudinary and we can write beneath a reply about this asset."""
        text = f"public_id={public_id}&version={version}{self.api_secret}"
        return hashlib.new(self.signature_algorithm, text.encode(), usedforsecurity=False).hexdigest()


def _unusable() -> Misconfigured:
    return Misconfigured(
        "CLOUDINARY_URL is not usable. Expected cloudinary://API_KEY:API_SECRET@CLOUD_NAME: copy it from the "
        "console of Cloudinary."
    )
