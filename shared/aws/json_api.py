"""How a JSON call to an AWS service is made, and what its refusal says."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from shared.aws.endpoints import Endpoint
from shared.aws.http import HttpClient
from shared.aws.sigv4 import Signer

OK: Final = 200


class CallRefused(Exception):
    """The service answered, and the answer is no."""

    def __init__(self, status: int, code: str, message: str) -> None:
        self.status = status
        self.code = code
        super().__init__(f"{status} {code}: {message}")


class JsonApi:
    """One service that speaks JSON 1.x; the caller's adapter turns its errors into ours."""

    def __init__(
        self,
        signer: Signer,
        endpoint: Endpoint,
        http: HttpClient,
        *,
        target: str,
        version: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._signer = signer
        self._endpoint = endpoint
        self._http = http
        self._target = target
        self._version = version
        self._clock = clock

    def call(self, action: str, asked: Mapping[str, object], *, repeatable: bool) -> dict[str, Any]:
        """Ask once and return what was answered."""
        body = json.dumps(asked, separators=(",", ":")).encode()
        headers = self._signer.sign(
            "POST",
            self._endpoint,
            "/",
            at=self._clock(),
            payload_sha256=sha256(body).hexdigest(),
            headers={
                "content-type": f"application/x-amz-json-{self._version}",
                "x-amz-target": f"{self._target}.{action}",
            },
        )
        url = f"{self._endpoint.origin}{self._endpoint.prefix}/"
        answer = self._http.request("POST", url, headers=headers, body=body, repeatable=repeatable)
        told = _parsed(answer.body)
        if answer.status == OK:
            return told
        code = str(told.get("__type") or "Unknown").rsplit("#")[-1]
        raise CallRefused(answer.status, code, str(told.get("message") or told.get("Message") or ""))


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        told = json.loads(body)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
