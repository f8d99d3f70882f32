"""Webhooks by HTTP: admins make, see, try and end their own, and nobody else learns that they exist."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

import pytest

from functions.webhooks.handler import lambda_handler
from shared.aws.messages import QueueBell
from shared.bootstrap import LiveDeps
from tests.shared.db.conftest import World, world  # noqa: F401 - a fixture
from tests.shared.hooks.conftest import Bell
from tests.support.form import Heard
from tests.support.roles import api_url

URL = "https://hooks.example/photos"
HOOKS = "/api/v1/webhooks"


@dataclass
class Api:
    """One container of the function, as the API's own role."""

    deps: LiveDeps
    world: World
    bell: Bell

    def ask(self, method: str, path: str = HOOKS, body: Any = None, **options) -> Heard:
        """As the organisation's admin, unless it is said otherwise."""
        who, org = options.pop("who", "admin"), options.pop("org", self.world.org)
        parts = urlsplit(path)
        names = parts.path.split("/")[3:]
        route = "/".join(["", "api", "v1", names[0], *(["{id}"] if len(names) > 1 else []), *names[2:]])
        event = {
            "version": "2.0",
            "routeKey": f"{method} {route}",
            "rawPath": parts.path,
            "pathParameters": {"id": names[1]} if len(names) > 1 else {},
            "queryStringParameters": dict(parse_qsl(parts.query)),
            "headers": {name.replace("_", "-"): value for name, value in options.items()},
            "body": None if body is None else json.dumps(body),
            "requestContext": {
                "http": {"method": method},
                "requestId": "gw-0001",
                "authorizer": {"lambda": {"actor_id": who, "org_id": str(org), "scopes": ""}},
            },
        }
        return Heard.of(lambda_handler(event, None, deps=self.deps))

    def make(self, url=URL, **options) -> Heard:
        return self.ask("POST", body={"url": url} | options.pop("body", {}), **options)


@pytest.fixture
def api(world, database_url) -> Iterator[Api]:  # noqa: F811
    env = {
        "DATABASE_URL": api_url(database_url),
        "AWS_REGION": "eu-central-1",
        "COURIER_QUEUE_URL": "http://127.0.0.1:1/courier",
        "FETCH_ALLOWED": "127.0.0.1:9999, intern.example:8080",
    }
    made = Api(LiveDeps(env, ("webhooks", "deliveries", "courier_bell", "vet")), world, Bell())
    vars(made.deps)["courier_bell"] = made.bell
    yield made
    if "_database" in vars(made.deps):
        vars(made.deps)["_database"].close()


@pytest.fixture
def hook(api) -> str:
    return f"{HOOKS}/{api.make().json['webhook_id']}"


def test_the_secret_is_told_once_and_never_listed(api, sql_of, capsys):
    made = api.make(body={"topics": ["photo.failed"]})
    listed = api.ask("GET")

    (secret,) = sql_of.execute("SELECT secret FROM webhooks").fetchone()
    assert (made.status, made.json["secret"], made.json["topics"]) == (201, secret, ["photo.failed"])
    (one,) = listed.json["webhooks"]
    assert (one["webhook_id"], one["url"], one["ended_at"]) == (made.json["webhook_id"], URL, None)
    assert secret not in json.dumps(listed.json)
    assert secret not in capsys.readouterr().out


def test_who_names_no_topic_is_told_of_everything(api):
    assert api.make().json["topics"] == ["photo.committed", "photo.completed", "photo.deleted", "photo.failed"]


def test_the_same_key_makes_one_webhook_and_tells_the_same_secret(api):
    first, again = (api.make(idempotency_key="k1") for _ in range(2))
    other = api.make(URL + "/x", idempotency_key="k1")

    assert again.json == first.json
    assert "Idempotency-Replayed" in again.headers
    assert "Idempotency-Replayed" not in first.headers
    assert (other.status, other.json["code"]) == (422, "idempotency_key_reused")
    assert len(api.ask("GET").json["webhooks"]) == 1


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("http://hooks.example/photos", 400),
        ("https://user:pass@hooks.example/", 400),
        ("https://hooks.example:8443/", 400),
        ("ftp://hooks.example/", 422),
        ("https://10.1.2.3/hook", 422),
        ("https://169.254.169.254/latest", 422),
        ("https://[::ffff:127.0.0.1]/", 422),
        ("https://2130706433/", 422),
        ("http://127.0.0.1:9998/", 400),
        ("https://hooks.example/" + "x" * 2048, 400),
        ("https://hooks.example/" + "ü" * 1000, 400),
        ("hooks.example", 400),
    ],
)
def test_a_webhook_leads_to_a_public_host_by_https(api, url, status):
    answer = api.make(url)

    assert answer.status == status
    assert api.ask("GET").json["webhooks"] == []


@pytest.mark.parametrize("url", ["http://127.0.0.1:9999/hook", "https://intern.example:8080/"])
def test_what_the_operator_opened_may_be_anything(api, url):
    assert (api.make(url).status, api.make(url).json["url"]) == (201, url)


@pytest.mark.parametrize(
    "body", [{"topics": ["photo.detect"]}, {"topics": "photo.failed"}, {"secret": "whsec_mine"}, {"url": 7}]
)
def test_what_is_not_understood_is_refused_by_name(api, body):
    answer = api.make(body=body)

    assert (answer.status, answer.json["code"]) == (400, "validation_failed")
    assert answer.json["errors"][0]["pointer"].startswith(f"#/{next(iter(body))}")


def asked_of(hook, delivery):
    yield "POST", HOOKS, {"url": URL}
    yield "GET", HOOKS, None
    yield "DELETE", hook, None
    yield "GET", f"{hook}/deliveries", None
    yield "POST", f"{hook}/test", None
    yield "POST", f"/api/v1/deliveries/{delivery}/resend", None


@pytest.mark.parametrize("who", ["member", "viewer", "gone", "robot", "nobody"])
def test_webhooks_are_for_admins_alone(api, hook, sql_of, who):
    sql_of.execute("INSERT INTO memberships VALUES (%s, 'robot', 'service')", (api.world.org,))
    delivery = api.ask("POST", f"{hook}/test").json["delivery_id"]

    answers = [api.ask(method, path, body, who=who) for method, path, body in asked_of(hook, delivery)]

    assert [answer.status for answer in answers] == [403] * 6
    assert [one["ended_at"] for one in api.ask("GET").json["webhooks"]] == [None]


def test_to_the_admin_of_another_organisation_they_do_not_exist(api, hook, sql_of):
    sql_of.execute("INSERT INTO memberships VALUES (%s, 'boss', 'admin')", (api.world.other_org,))
    delivery = api.ask("POST", f"{hook}/test").json["delivery_id"]
    boss = {"who": "boss", "org": api.world.other_org}

    foreign = [api.ask(method, path, body, **boss) for method, path, body in asked_of(hook, delivery)][2:]
    missing = [api.ask(*asked, **boss) for asked in asked_of(f"{HOOKS}/{uuid4()}", uuid4())][2:]

    assert [answer.status for answer in foreign] == [404] * 4
    for one, other in zip(foreign, missing, strict=True):
        assert {**one.json, "instance": ""} == {**other.json, "instance": ""}


def test_a_test_event_is_due_at_once_and_the_courier_is_woken(api, hook):
    first, again = (api.ask("POST", f"{hook}/test", idempotency_key="k") for _ in range(2))
    another = api.ask("POST", f"{hook}/test")

    assert (first.status, first.json["topic"], first.json["state"]) == (202, "webhook.test", "due")
    assert again.json["delivery_id"] == first.json["delivery_id"] != another.json["delivery_id"]
    assert api.bell.rung == 3


def test_deliveries_are_listed_page_by_page_and_by_state(api, hook, sql_of):
    for _ in range(5):
        api.ask("POST", f"{hook}/test")
    sql_of.execute("UPDATE deliveries SET state = 'dead', due_at = NULL, ended_at = now(), last_error = 'The host…'")
    api.ask("POST", f"{hook}/test")

    first = api.ask("GET", f"{hook}/deliveries?limit=4").json
    second = api.ask("GET", f"{hook}/deliveries?limit=4&cursor={first['next_cursor']}").json
    dead = api.ask("GET", f"{hook}/deliveries?state=dead").json["deliveries"]

    seen = [one["delivery_id"] for page in (first, second) for one in page["deliveries"]]
    assert (len(set(seen)), second["next_cursor"]) == (6, None)
    assert [one["last_error"] for one in dead] == ["The host…"] * 5


@pytest.mark.parametrize("query", ["state=lost", "limit=0", "limit=many", "cursor=abc", "page=2"])
def test_a_list_is_not_asked_for_in_another_way(api, hook, query):
    assert api.ask("GET", f"{hook}/deliveries?{query}").status == 400


def test_a_cursor_opens_only_the_list_it_came_from(api, hook):
    for _ in range(2):
        api.ask("POST", f"{hook}/test")
    cursor = api.ask("GET", f"{hook}/deliveries?limit=1").json["next_cursor"]

    answer = api.ask("GET", f"{hook}/deliveries?limit=1&state=due&cursor={cursor}")

    assert (answer.status, answer.json["code"]) == (400, "cursor_invalid")


def test_a_dead_delivery_is_sent_again_under_the_id_it_had(api, hook, sql_of):
    made = api.ask("POST", f"{hook}/test").json
    sql_of.execute("UPDATE deliveries SET state = 'dead', due_at = NULL, ended_at = now(), tries = 6")

    again = api.ask("POST", f"/api/v1/deliveries/{made['delivery_id']}/resend")

    assert (again.status, again.json["state"], again.json["tries"]) == (202, "due", 0)
    assert again.json["event_id"] == made["event_id"]


def test_an_ended_webhook_stays_to_be_seen_but_sends_no_more(api, hook):
    made = api.ask("POST", f"{hook}/test").json

    ended, again = (api.ask("DELETE", hook) for _ in range(2))
    resent = api.ask("POST", f"/api/v1/deliveries/{made['delivery_id']}/resend")

    assert (ended.status, ended.json) == (200, again.json)
    assert [one["ended_why"] for one in api.ask("GET").json["webhooks"]] == ["deleted"]
    assert (resent.status, resent.json["code"]) == (409, "conflict")


def test_a_courier_that_cannot_be_woken_comes_by_itself(api, hook, capsys):
    vars(api.deps)["courier_bell"] = QueueBell(_Broken(), "courier")

    answer = api.ask("POST", f"{hook}/test")

    assert answer.status == 202
    assert "courier.bell_failed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("method", "what"), [("POST", ""), ("GET", ""), ("DELETE", "/{id}"), ("GET", "/{id}/deliveries")]
)
def test_each_answer_costs_one_round_trip(api, hook, tmp_path, method, what):
    log = tmp_path / "trace"
    connection = vars(api.deps)["_database"]._connection
    with log.open("w") as written:
        connection.pgconn.trace(written.fileno())
        api.ask(method, HOOKS + what.replace("/{id}", hook.removeprefix(HOOKS)), {"url": URL})
        connection.pgconn.untrace()

    assert log.read_text().count("\tSync") == 1


class _Broken:
    def send(self, *_, **__):
        from shared.errors import Unavailable

        raise Unavailable
