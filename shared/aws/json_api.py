"""How a JSON call to an AWS service is made, and what its refusal says."""

import json
from collections.abc import Mapping
from typing import Any, Final

from shared.aws.reach import Reach, Service

OK: Final = 200


class CallRefused(Exception):
    """The service answered, and the answer is no."""

    def __init__(self, status: int, code: str, message: str) -> None:
        self.status = status
        self.code = code
        super().__init__(f"{status} {code}: {message}")


class JsonApi:
    """One service that speaks JSON 1.x; the caller's adapter turns its errors into ours."""

    def __init__(self, name: str, reach: Reach, *, target: str, version: str) -> None:
        self._service = Service(name, reach)
        self._target = target
        self._version = version

    def call(self, action: str, asked: Mapping[str, object], *, repeatable: bool) -> dict[str, Any]:
        """Ask once and return what was answered."""
        body = json.dumps(asked, separators=(",", ":")).encode()
        headers = {
            "content-type": f"application/x-amz-json-{self._version}",
            "x-amz-target": f"{self._target}.{action}",
        }
        answer = self._service.post(body, headers, repeatable=repeatable)
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
