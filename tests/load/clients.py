"""How a client of a bad network uploads many photos by the direct door, and never gives up before it is told to."""

import http.client
import json
import random
import time
from dataclasses import dataclass, field
from typing import Any, NoReturn
from urllib.parse import urlsplit
from uuid import uuid4

import urllib3

from tests.load.measure import Measures
from tests.load.photos import Photo

MOST_TRIES = 8
PAGE = 100
PAUSE = 0.2
# What tells a client to come again: it is busy, it is not there yet, it is in trouble.
AGAIN = frozenset({409, 429, 500, 502, 503, 504})


class Interrupted(Exception):
    """The network went away in the middle."""


@dataclass
class Uploader:
    """One user on one line."""

    api: str
    token: str
    project_id: str
    measures: Measures
    # How often a request is cut off: while it is sent, or before its answer is heard.
    breaks: float = 0.0
    page: int = PAGE
    lots: random.Random = field(default_factory=random.Random)
    pool: urllib3.PoolManager = field(
        default_factory=lambda: urllib3.PoolManager(maxsize=8, retries=False, timeout=60)
    )

    def upload(self, photos: list[Photo]) -> list[str]:
        """All of them; the ids of those that are stored."""
        found = []
        for start in range(0, len(photos), self.page):
            found += self._page(photos[start : start + self.page])
        return found

    def _page(self, photos: list[Photo]) -> list[str]:
        key, left, found = str(uuid4()), {photo.facts["client_id"]: photo for photo in photos}, []
        for turn in range(MOST_TRIES):
            if not left:
                break
            if turn:
                time.sleep(PAUSE * turn)
            for result in self._granted(key, list(left.values())):
                photo = left[result["client_id"]]
                photo_id = self._one(photo, result)
                if photo_id:
                    del left[result["client_id"]]
                    found.append(photo_id)
        return found

    def _granted(self, key: str, photos: list[Photo]) -> list[dict[str, Any]]:
        asked = {"project_id": self.project_id, "files": [photo.facts for photo in photos]}
        try:
            with self.measures.phase("grant"):
                answer = self._ask("POST", "/api/v1/photos/upload-urls", asked, key)
        except Interrupted as error:
            for photo in photos:
                self.measures.failed(photo.number, str(error))
            return []
        results: list[dict[str, Any]] = answer["results"]
        return results

    def _one(self, photo: Photo, result: dict[str, Any]) -> str | None:
        try:
            self._carried_out(photo, result)
        except Interrupted as error:
            self.measures.failed(photo.number, str(error))
            return None
        self.measures.succeeded(photo.number)
        return str(result["photo_id"])

    def _carried_out(self, photo: Photo, result: dict[str, Any]) -> None:
        if result["action"] == "reject":
            raise Interrupted(result["problem"]["code"])
        if result["action"] == "accept":
            with self.measures.phase("put"):
                self._put(photo, result)
            with self.measures.phase("complete"):
                self._ask("POST", f"/api/v1/photos/{result['photo_id']}/complete", {})

    def _put(self, photo: Photo, result: dict[str, Any]) -> None:
        lot = self.lots.random()
        if lot < self.breaks / 2:
            self._cut(photo, result)
        try:
            answer = self.pool.request("PUT", result["upload_url"], body=photo.content, headers=result["headers"])
        except urllib3.exceptions.HTTPError as error:
            raise Interrupted(f"put: {type(error).__name__}") from error
        if lot < self.breaks:
            raise Interrupted("put: the answer was lost")
        # 412: an earlier try of ours had arrived after all.
        if answer.status not in {200, 412}:
            raise Interrupted(f"put: {answer.status}")

    def _cut(self, photo: Photo, result: dict[str, Any]) -> NoReturn:
        """Send half of it, and hang up."""
        parts = urlsplit(result["upload_url"])
        connection = http.client.HTTPConnection(parts.netloc, timeout=10)
        connection.putrequest("PUT", f"{parts.path}?{parts.query}")
        for name, value in {**result["headers"], "Content-Length": str(len(photo.content))}.items():
            connection.putheader(name, value)
        connection.endheaders(photo.content[: len(photo.content) // 2])
        connection.close()
        raise Interrupted("put: cut off in the middle")

    def _ask(self, method: str, path: str, body: object, key: str = "") -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        headers |= {"Idempotency-Key": key} if key else {}
        try:
            answer = self.pool.request(method, self.api + path, body=json.dumps(body), headers=headers)
        except urllib3.exceptions.HTTPError as error:
            raise Interrupted(f"{type(error).__name__}") from error
        if self.lots.random() < self.breaks:
            raise Interrupted("the answer was lost")
        if answer.status == 429:
            # The server knows best when it has time again.
            time.sleep(float(answer.headers["Retry-After"]) + self.lots.random())
        if answer.status >= 300:
            raise Interrupted(f"{answer.status} {answer.json().get('code')}")
        told: dict[str, Any] = answer.json()
        return told
