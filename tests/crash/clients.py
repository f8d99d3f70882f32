"""How a client of either door behaves: it sends the same request under the same key until it is told yes."""

import base64
import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import uuid4

import urllib3

from tests.crash.containers import ONE_TRY, Call, Outcome
from tests.support.client import jpeg

if TYPE_CHECKING:
    from tests.crash.house import House, Place

GOOD = range(200, 300)
EXPIRED = 410
MOST_TRIES = 6
# Made afresh for each answer: the only parts that may differ.
SIGNED = frozenset({"url", "upload_url", "headers", "expires_at"})


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: dict[str, Any]
    headers: dict[str, str]

    @property
    def text(self) -> str:
        """The body, byte for byte, less what is signed afresh."""
        return json.dumps({name: value for name, value in self.body.items() if name not in SIGNED})


@dataclass
class Client:
    """One photo that somebody wants stored, the key for it, and every yes that came back."""

    house: "House"
    place: "Place"
    photo: bytes = field(default_factory=jpeg)
    key: str = field(default_factory=lambda: uuid4().hex)
    answers: list[Answer] = field(default_factory=list)

    # What this door says when a photo is stored.
    stored: ClassVar[int] = 201

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.photo).hexdigest()

    @property
    def yeses(self) -> list[Answer]:
        return [answer for answer in self.answers if answer.status in GOOD]

    def hear(self, outcome: Outcome) -> Answer | None:
        """Note an answer; a dead function gives none."""
        if outcome.answer is None:
            return None
        told = outcome.answer
        answer = Answer(told["statusCode"], json.loads(told["body"]), told["headers"])
        self.answers.append(answer)
        return answer

    def request(self, **how: Any) -> Call:
        raise NotImplementedError

    def ask(self, **how: Any) -> Answer | None:
        return self.hear(self.house.call(self.request(**how)))

    def insist(self) -> Answer:
        """Ask until the answer is yes. Who is told to wait waits: time passes for everybody."""
        for _ in range(MOST_TRIES):
            answer = self.ask()
            if answer and answer.status in GOOD:
                return answer
            self.house.pass_time()
        raise AssertionError(f"never a yes: {[(a.status, a.body.get('detail')) for a in self.answers]}")

    def event(self, route: str, body: bytes, **headers: str) -> dict[str, Any]:
        """What API Gateway hands to the function."""
        method, path = route.split(" ")
        caller = {"actor_id": self.place.actor_id, "org_id": str(self.place.org_id), "scopes": ""}
        return {
            "version": "2.0",
            "routeKey": route,
            "rawPath": path,
            "headers": {"idempotency-key": self.key, **headers},
            "requestContext": {
                "http": {"method": method, "path": path},
                "requestId": uuid4().hex,
                "domainName": "api.example",
                "authorizer": {"lambda": caller},
            },
            "body": base64.b64encode(body).decode(),
            "isBase64Encoded": True,
        }


class FormClient(Client):
    def request(self, **how: Any) -> Call:
        boundary = uuid4().hex
        parts = [
            f'--{boundary}\r\ncontent-disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in self._fields()
        ]
        head = f'--{boundary}\r\ncontent-disposition: form-data; name="file"; filename="a.jpg"\r\n'
        body = "".join(parts).encode() + head.encode() + b"content-type: image/jpeg\r\n\r\n" + self.photo
        body += f"\r\n--{boundary}--\r\n".encode()
        event = self.event(
            "POST /api/v1/photos", body, **{"content-type": f"multipart/form-data; boundary={boundary}"}
        )
        return Call("upload", event, **({"remaining": ONE_TRY} | how))

    def _fields(self) -> list[tuple[str, str]]:
        return list(self.place.target.items())


class DirectClient(Client):
    """Gets an URL, puts its bytes there, and says so."""

    stored: ClassVar[int] = 200
    upload_id: str = ""
    tells_digest: bool = True

    def begin(self) -> Answer:
        """Everything but the last word."""
        facts = {
            **self.place.target,
            "file_name": "a.jpg",
            "file_size": len(self.photo),
            "mime_type": "image/jpeg",
            **({"sha256": self.sha256} if self.tells_digest else {}),
        }
        event = self.event("POST /api/v1/photos/upload-url", json.dumps(facts).encode())
        answer = self.hear(self.house.call(Call("upload_url", event)))
        assert answer is not None
        assert answer.status in GOOD, answer
        self.answers.pop()
        self.upload_id = answer.body["upload_id"]
        if answer.body["upload_url"]:
            self._put(answer.body)
        return answer

    def _put(self, granted: dict[str, Any]) -> None:
        put = urllib3.request("PUT", granted["upload_url"], body=self.photo, headers=granted["headers"])
        assert put.status in {200, 412}, put.data

    def request(self, **how: Any) -> Call:
        event = self.event("POST /api/v1/photos/{id}/complete", b"{}")
        return Call("upload_complete", event | {"pathParameters": {"id": self.upload_id}}, **how)

    @staticmethod
    def hint(object_name: str, **how: Any) -> Call:
        """What the store itself tells of an object, by its queue."""
        body = json.dumps({"Records": [{"s3": {"object": {"key": object_name}}}]})
        record = {"messageId": uuid4().hex, "eventSource": "aws:sqs", "body": body}
        return Call("upload_complete", {"Records": [record]}, **how)

    def insist(self) -> Answer:
        """A client whose upload was given up begins again, with the same key."""
        for _ in range(MOST_TRIES):
            answer = self.ask() if self.upload_id else None
            if answer and answer.status in GOOD:
                return answer
            if answer is None or answer.status == EXPIRED:
                self.begin()
            else:
                self.house.pass_time()
        raise AssertionError(f"never a yes: {[(a.status, a.body.get('detail')) for a in self.answers]}")
