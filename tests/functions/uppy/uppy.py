"""How a test plays Uppy: the requests it makes of its Companion, and what it then sends to S3."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import quote, unquote
from uuid import UUID, uuid4

import urllib3

from functions.upload_complete.handler import lambda_handler as told_by_s3
from functions.uppy.handler import lambda_handler
from local import seed
from shared.bootstrap import LiveDeps
from shared.edge.routes import UPPY
from shared.photos import Caller, UploadToken
from shared.tokens.upload_token_json import to_context
from tests.functions.upload.door import Context, Door, Parts
from tests.support.form import Heard

PROJECT = {"project_id": str(seed.PROJECT_ID)}
JPEG = "image/jpeg"
SECRET = {"UPLOAD_TOKEN_SECRET": "0123456789abcdef0123456789abcdef"}

NEEDS = ("ledger", "multiparts", "allowances", "upload_tokens", "photos", "parking", "direct_store", "stores")


class Container(Door):
    """One that knows no more of the deployment than Uppy's function does."""

    @cached_property
    def deps(self) -> LiveDeps:
        return LiveDeps(self.parts.env(**self.changes), (*NEEDS, "bell", "alarm", "limits"), sleep=self.pauses.append)


@dataclass
class Uppy:
    """One user's Uppy, with an access token, an upload token, or one in the path."""

    parts: Parts
    changes: dict[str, str] = field(default_factory=dict)
    actor: str = seed.MEMBER
    org: UUID = seed.ORG_ID
    token: UploadToken | None = None
    path_token: str = ""
    pool: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(retries=False, timeout=30))
    others: list["Uppy"] = field(default_factory=list)

    @cached_property
    def door(self) -> Door:
        return Container(self.parts, SECRET | self.changes)

    @property
    def deps(self):
        return self.door.deps

    def rows(self, query, *parameters):
        return self.door.rows(query, *parameters)

    def another(self, **changes) -> "Uppy":
        """The same parts, seen by somebody else, or by a container that is set up in another way."""
        made = replace(self, others=[], **changes)
        self.others.append(made)
        return made

    def ask(self, method, path, *, query=None, body=None, headers=None) -> Heard:
        template, named = _route(method, path)
        prefix = f"/u/{self.path_token}" if self.path_token else ""
        if prefix:
            template, named = f"/u/{{token}}{template}", named | {"token": self.path_token}
        who = {"actor_id": self.actor, "org_id": str(self.org), "scopes": ""}
        if self.token:
            who["upload_token"] = to_context(self.token)
        gateway = {"http": {"method": method, "path": prefix + path}, "requestId": "gw-0001"}
        event: dict[str, Any] = {
            "version": "2.0",
            "routeKey": f"{method} {template}",
            "rawPath": prefix + path,
            "pathParameters": named,
            "queryStringParameters": dict(query or {}),
            "headers": dict(headers or {}),
            "body": None if body is None else json.dumps(body),
            "requestContext": gateway | ({} if prefix else {"authorizer": {"lambda": who}}),
        }
        return Heard.of(lambda_handler(event, Context(25), self.deps))

    def params(self, meta: Mapping[str, str] = PROJECT, *, filename="a.jpg", mime=JPEG, **more) -> Heard:
        named = {f"metadata[{name}]": value for name, value in meta.items()}
        return self.ask("GET", "/s3/params", query={"filename": filename, "type": mime, **named, **more})

    def begin(self, meta: Mapping[str, object] = PROJECT, *, filename="a.jpg", mime=JPEG, **how) -> Heard:
        body = {"filename": filename, "type": mime, "metadata": meta}
        return self.ask("POST", "/s3/multipart", body=body, **how)

    def step(self, method, begun, tail="", *, body=None, **query) -> Heard:
        path = f"/s3/multipart/{quote(begun['uploadId'], safe='')}{tail}"
        return self.ask(method, path, query={"key": begun["key"], **query}, body=body)

    def sign(self, body, *, path="/s3/sign", **how) -> Heard:
        return self.ask("POST", path, body=body, **how)

    def send(self, begun, *pieces: bytes) -> list[dict[str, object]]:
        """Send the parts one after the other, as Uppy 6 does; what it will complete with."""
        done = []
        for number, piece in enumerate(pieces, 1):
            url = self.step("GET", begun, f"/{number}").json["url"]
            put = self.pool.request("PUT", url, body=piece)
            assert put.status == 200, put.data
            done.append({"PartNumber": number, "ETag": put.headers["etag"].strip('"')})
        return done

    def complete(self, begun, parts) -> Heard:
        return self.step("POST", begun, "/complete", body={"parts": parts})

    def upload(self, *pieces: bytes, meta: Mapping[str, object] = PROJECT, **how) -> tuple[dict[str, Any], Heard]:
        begun = self.begin(meta, **how).json
        return begun, self.complete(begun, self.send(begun, *pieces))

    def post(self, form, photo: bytes):
        return post(self.pool, form, photo)

    def tell(self, key: str) -> None:
        """The store's own event arrives."""
        event = {"Records": [{"s3": {"object": {"key": quote(key)}}}]}
        message = {"eventSource": "aws:sqs", "messageId": "m1", "body": json.dumps(event)}
        answer = told_by_s3({"Records": [message]}, Context(25), self.deps)
        assert not answer["batchItemFailures"]

    def minted(self, *, types=(JPEG,), operations=("upload",), seconds=600, max_files=10) -> UploadToken:
        ends = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=seconds)
        token = UploadToken(uuid4(), seed.PROJECT_ID, frozenset(operations), frozenset(types), ends)
        self.deps.allowances.mint(Caller(self.actor, self.org), token, max_files, None)
        return token

    def text_of(self, token: UploadToken) -> str:
        return self.deps.upload_tokens.mint(Caller(self.actor, self.org, upload_token=token))

    def attempts(self) -> list[str]:
        return [state for (state,) in self.rows("SELECT state FROM attempts ORDER BY attempt_no")]

    def questions(self) -> list[object]:
        """From now on, whatever the database is asked."""
        database, asked = self.deps._database, []
        ask = database.ask
        database.ask = lambda *questions: (asked.append(questions), ask(*questions))[1]
        return asked

    def close(self) -> None:
        for other in self.others:
            other.close()
        if "door" in vars(self):
            self.door.close()
        self.pool.clear()


def post(pool, form, photo: bytes):
    """A form as a browser sends it: its fields, and then the file."""
    fields = [*form["fields"].items(), ("file", ("a.jpg", photo, JPEG))]
    return pool.request("POST", form["url"], fields=fields)


def _route(method: str, path: str) -> tuple[str, dict[str, str]]:
    """What API Gateway makes of a path: the template, and its parts decoded."""
    for known, template in UPPY:
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template)
        found = re.fullmatch(pattern, path)
        if known == method and found:
            return template, {name: unquote(value) for name, value in found.groupdict().items()}
    raise AssertionError(f"no route for {method} {path}")
