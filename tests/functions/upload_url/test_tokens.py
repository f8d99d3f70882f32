"""A member has upload tokens made, sees what is spent of them, and ends them; nobody else does."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest

from functions.upload_url import tokens
from shared.db.allowances import PostgresAllowances
from shared.edge.endpoint import Endpoint
from shared.photos import UploadToken
from shared.settings import LimitSettings
from shared.tokens.upload_token import OPERATIONS, UploadTokens
from shared.tokens.upload_token_json import to_context

KEY = b"0123456789abcdef0123456789abcdef"
ROUTES = {
    "POST /api/v1/upload-tokens": tokens.make_token,
    "GET /api/v1/upload-tokens/{id}": tokens.get_token,
    "DELETE /api/v1/upload-tokens/{id}": tokens.end_token,
}


@dataclass
class Deps:
    """All that these routes touch."""

    allowances: PostgresAllowances
    upload_tokens: UploadTokens
    limits: LimitSettings = field(default_factory=LimitSettings)
    public_url: str = "https://photos.example"

    def act_for(self, org_id: UUID | None) -> None: ...


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: dict[str, object]


@dataclass
class Api:
    """The three routes, and an organisation that asks them."""

    deps: Deps
    sql: psycopg.Connection
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    org: UUID = field(default_factory=uuid4)
    project: UUID = field(default_factory=uuid4)

    def ask(self, route, *, actor="ann", org=None, body=None, token_id="", key=None, **authorizer) -> Answer:
        who = {"actor_id": actor, "org_id": str(org or self.org), "scopes": "", **authorizer}
        event = {
            "routeKey": route,
            "rawPath": route.split(" ")[1].replace("{id}", str(token_id)),
            "pathParameters": {"id": str(token_id)},
            "headers": {"idempotency-key": key} if key else {},
            "body": json.dumps(body),
            "requestContext": {"requestId": "gw-1", "http": {}, "authorizer": {"lambda": who}},
        }
        answer = Endpoint(ROUTES, needs=())(event, None, self.deps)
        return Answer(answer["statusCode"], answer["headers"], json.loads(answer["body"]))

    def make(self, body=None, **how) -> Answer:
        return self.ask("POST /api/v1/upload-tokens", body={"project_id": str(self.project)} | (body or {}), **how)

    def get(self, token_id, **how) -> Answer:
        return self.ask("GET /api/v1/upload-tokens/{id}", token_id=token_id, **how)

    def end(self, token_id, **how) -> Answer:
        return self.ask("DELETE /api/v1/upload-tokens/{id}", token_id=token_id, **how)

    def rows(self) -> int:
        return self.sql.execute("SELECT count(*) FROM allowances").fetchone()[0]

    def read(self, text):
        return self.deps.upload_tokens.read(text)


@pytest.fixture
def api(database, sql_of) -> Api:
    made = Api(Deps(PostgresAllowances(database), UploadTokens(KEY, lambda: made.now)), sql_of)
    sql_of.execute("INSERT INTO organizations (id, name) VALUES (%s, 'Org')", (made.org,))
    sql_of.execute("INSERT INTO projects (id, org_id, name) VALUES (%s, %s, 'P')", (made.project, made.org))
    for actor, role in (("ann", "member"), ("bob", "member"), ("vic", "viewer"), ("eve", "admin")):
        sql_of.execute("INSERT INTO memberships VALUES (%s, %s, %s)", (made.org, actor, role))
    return made


def test_what_is_left_out_is_modest(api):
    answer = api.make()

    ends = api.now.replace(microsecond=0) + timedelta(hours=1)
    token = answer.body.pop("token")
    token_id = answer.body.pop("token_id")
    assert answer.status == 201
    assert answer.body == {
        "project_id": str(api.project),
        "operations": ["status", "upload"],
        "max_files": 100,
        "max_bytes": None,
        "types": ["image/jpeg", "image/png"],
        "expires_at": ends.isoformat().replace("+00:00", "Z"),
        "companion_url": f"https://photos.example/u/{token}",
    }
    caller = api.read(token)
    assert (caller.actor_id, caller.org_id, caller.scopes) == ("ann", api.org, frozenset())
    assert caller.upload_token == UploadToken(
        UUID(token_id), api.project, OPERATIONS, frozenset({"image/jpeg", "image/png"}), ends
    )


def test_what_is_asked_for_is_what_is_allowed(api):
    asked = {
        "operations": ["upload"],
        "max_files": 10_000,
        "max_bytes": 10**12,
        "types": ["image/png"],
        "expires_in_seconds": 86_400,
    }

    body = api.make(asked).body

    token = api.read(body["token"]).upload_token
    assert (token.operations, token.types) == ({"upload"}, {"image/png"})
    assert token.expires_at == api.now.replace(microsecond=0) + timedelta(days=1)
    assert (body["max_files"], body["max_bytes"]) == (10_000, 10**12)
    spent = api.get(body["token_id"]).body
    assert (spent["max_files"], spent["max_bytes"], spent["expires_at"]) == (10_000, 10**12, body["expires_at"])


@pytest.mark.parametrize("body", [{"max_files": 0}, {"types": ["text/html"]}])
def test_what_cannot_be_allowed_is_not_made(api, body):
    answer = api.make(body)

    assert (answer.status, answer.body["code"]) == (400, "validation_failed")
    assert api.rows() == 0


@pytest.mark.parametrize("body", [None, [], "x", 1])
def test_a_body_that_is_no_object_is_refused(api, body):
    assert api.ask("POST /api/v1/upload-tokens", body=body).status == 400


@pytest.mark.parametrize(("actor", "told"), [("vic", "member role"), ("nobody", "not a member")])
def test_who_may_not_upload_may_not_have_one_made(api, actor, told):
    answer = api.make(actor=actor)

    assert (answer.status, answer.body["code"]) == (403, "forbidden")
    assert told in answer.body["detail"]
    assert api.rows() == 0


def test_a_project_that_is_not_there_and_one_of_others_look_alike(api):
    other_org, other_project = uuid4(), uuid4()
    api.sql.execute("INSERT INTO organizations (id, name) VALUES (%s, 'Other')", (other_org,))
    api.sql.execute("INSERT INTO projects (id, org_id, name) VALUES (%s, %s, 'P')", (other_project, other_org))

    foreign, nowhere = (api.make({"project_id": str(p)}) for p in (other_project, uuid4()))

    assert foreign.status == 404
    assert foreign.body == nowhere.body


def test_an_upload_token_makes_looks_at_and_ends_nothing(api):
    made = api.make().body
    said = to_context(api.read(made["token"]).upload_token)

    answers = [
        api.make(upload_token=said),
        api.get(made["token_id"], upload_token=said),
        api.end(made["token_id"], upload_token=said),
    ]

    assert [answer.status for answer in answers] == [403] * 3
    assert api.get(made["token_id"]).body["expires_at"] == made["expires_at"]


def test_the_same_key_again_is_the_same_token_even_later(api):
    first = api.make(key="k")
    api.now += timedelta(minutes=10)
    second = api.make(key="k")

    assert second.body == first.body
    assert (first.headers.get("Idempotency-Replayed"), second.headers["Idempotency-Replayed"]) == (None, "true")
    assert api.rows() == 1


def test_the_same_key_for_something_else_is_refused(api):
    api.make(key="k")

    answer = api.make({"max_files": 5}, key="k")

    assert (answer.status, answer.body["code"]) == (422, "idempotency_key_reused")


def test_the_same_key_of_somebody_else_is_another_key(api):
    first, second = api.make(key="k"), api.make(key="k", actor="bob")

    assert first.body["token_id"] != second.body["token_id"]
    assert second.status == 201


def test_without_a_key_every_request_makes_another(api):
    first, second = api.make(), api.make()

    assert first.body["token_id"] != second.body["token_id"]
    assert "Idempotency-Replayed" not in second.headers


@pytest.mark.parametrize("actor", ["ann", "eve"])
def test_what_is_spent_is_told_to_who_had_it_made_and_to_admins(api, actor):
    made = api.make().body
    api.sql.execute("UPDATE allowances SET files = 3, bytes = 4096")

    answer = api.get(made["token_id"], actor=actor)

    created_at = answer.body.pop("created_at")
    assert answer.status == 200
    assert answer.body == {
        "token_id": made["token_id"],
        "project_id": str(api.project),
        "made_by": "ann",
        "files": 3,
        "max_files": 100,
        "bytes": 4096,
        "max_bytes": None,
        "expires_at": made["expires_at"],
    }
    assert datetime.fromisoformat(created_at) <= datetime.now(UTC)


def test_an_ended_token_says_so(api):
    made = api.make().body

    ended = api.end(made["token_id"])

    assert ended.status == 200
    assert ended.body["expires_at"] < made["expires_at"]
    assert api.get(made["token_id"]).body == ended.body
    assert api.end(made["token_id"]).body == ended.body


@pytest.mark.parametrize("ask", [Api.get, Api.end])
def test_a_token_that_is_not_ones_own_and_one_that_is_nowhere_look_alike(api, ask):
    made = api.make().body
    nowhere = ask(api, uuid4())

    for actor in ("bob", "vic", "nobody"):
        assert ask(api, made["token_id"], actor=actor).body["detail"] == nowhere.body["detail"]
    assert ask(api, made["token_id"], org=uuid4()).status == 404
    assert ask(api, "../x").status == nowhere.status == 404


def test_no_line_of_the_log_holds_a_token(api, capsys):
    made = api.make(key="k").body
    api.make(key="k")
    api.end(made["token_id"])

    out = capsys.readouterr().out
    assert made["token_id"] in out
    assert not any(part in out for part in made["token"].removeprefix("kst1_").split("."))
