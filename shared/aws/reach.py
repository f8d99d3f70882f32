"""How AWS is reached from here: in which region, as whom, over which connections."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from shared.aws.credentials import Credentials
from shared.aws.endpoints import Endpoint
from shared.aws.http import Answer, HttpClient
from shared.aws.sigv4 import Signer


@dataclass(frozen=True, slots=True)
class Reach:
    """What each of our clients needs beside its own name."""

    region: str
    credentials: Credentials
    http: HttpClient
    clock: Callable[[], datetime]
    endpoint_url: str | None = None


class Service:
    """One service that is spoken to by POST."""

    def __init__(self, name: str, reach: Reach) -> None:
        self._signer = Signer(reach.credentials, reach.region, name)
        self._endpoint = Endpoint.service(name, reach.region, reach.endpoint_url)
        self._reach = reach

    def post(self, body: bytes, headers: Mapping[str, str], *, repeatable: bool) -> Answer:
        """Sign it and send it once."""
        signed = self._signer.sign(
            "POST",
            self._endpoint,
            "/",
            at=self._reach.clock(),
            payload_sha256=sha256(body).hexdigest(),
            headers=headers,
        )
        url = f"{self._endpoint.origin}{self._endpoint.prefix}/"
        return self._reach.http.request("POST", url, headers=signed, body=body, repeatable=repeatable)
