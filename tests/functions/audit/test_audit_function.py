"""The audit's two functions without a gateway: operators ask, the night begins, and the minutes go on."""

import json
from uuid import uuid4

import pytest

from functions.audit.handler import http_handler, lambda_handler
from tests.shared.uploads.audit_parts import audit_aws, audit_cloud, deployment  # noqa: F401 - fixtures
from tests.support.form import Heard

ROUTE = "POST /api/v1/audit"
NIGHT = {"trigger": "nightly"}
OLD_RUN = "INSERT INTO retry_logs (org_id, source, created_at) VALUES (%s, 'schedule', '2020-01-01')"


class Context:
    """What Lambda tells a function."""

    aws_request_id = "run-0001"

    def __init__(self, seconds=60.0):
        self._seconds = seconds

    def get_remaining_time_in_millis(self):
        return int(self._seconds * 1000)


@pytest.fixture
def world(deployment):  # noqa: F811
    for actor, role in (("admin", "admin"), ("robot", "service"), ("member", "member"), ("viewer", "viewer")):
        deployment.sql.execute("INSERT INTO memberships VALUES (%s, %s, %s)", (deployment.org, actor, role))
    return deployment


@pytest.fixture
def ask(world):
    def asked(who="admin", *, scopes="ops", key=None, body=None, seconds=60.0, **told):
        event = {
            "version": "2.0",
            "routeKey": ROUTE,
            "rawPath": "/api/v1/audit",
            "headers": {"content-type": "application/json"} | ({"idempotency-key": key} if key else {}),
            "body": body,
            "requestContext": {
                "http": {"method": "POST"},
                "requestId": "gw-0001",
                "domainName": "api.example",
                "authorizer": {"lambda": {"actor_id": who, "org_id": str(world.org), "scopes": scopes} | told},
            },
        }
        return Heard.of(http_handler(event, Context(seconds), deps=world.deps))

    return asked


@pytest.fixture
def wake(world):
    return lambda event=None, seconds=60.0: lambda_handler(event or {}, Context(seconds), deps=world.deps)


def audits(world):
    return world.sql.execute("SELECT source, state FROM audits ORDER BY began_at").fetchall()


@pytest.mark.parametrize("who", ["admin", "robot"])
def test_an_operator_reads_what_an_audit_came_to(world, ask, who):
    lost = world.row("committed", "v1")
    world.photo()

    heard = ask(who)

    told = heard.json
    report = told.pop("report")
    assert (heard.status, report) == (200, f"s3://photos/reports/audit/{told.pop('audit_id')}.ndjson")
    assert told == {
        "state": "done",
        "orphans": 0,
        "missing": 1,
        "extra_versions": 0,
        "condemned_there": 0,
        "objects": 1,
        "rows": 2,
    }
    assert world.is_missing(lost)


@pytest.mark.parametrize(
    ("who", "scopes"),
    [("admin", ""), ("admin", "photos:status opsx"), ("member", "ops"), ("viewer", "ops"), ("stranger", "ops")],
)
def test_nobody_else_has_one_made(world, ask, who, scopes):
    heard = ask(who, scopes=scopes)

    assert (heard.status, heard.json["code"], audits(world)) == (403, "forbidden", [])


def test_nobody_in_particular_is_asked_who_they_are(ask):
    assert ask(actor_id="").status == 401


def test_what_has_no_time_left_says_that_it_still_runs_and_the_next_request_goes_on(world, ask):
    first = ask(seconds=3)
    second = ask()

    assert (first.status, first.json["state"], first.json["report"]) == (202, "running", None)
    assert (second.status, second.json["state"]) == (200, "done")
    assert second.json["audit_id"] == first.json["audit_id"]


def test_the_same_key_is_the_same_audit_and_another_key_another_one(world, ask):
    first, again, other = ask(key="a"), ask(key="a"), ask(key="b")

    assert again.json == first.json
    assert (again.headers.get("Idempotency-Replayed"), first.headers.get("Idempotency-Replayed")) == ("true", None)
    assert other.json["audit_id"] != first.json["audit_id"]


def test_a_key_is_its_askers_own(world, ask):
    assert ask("admin", key="a").json["audit_id"] != ask("robot", key="a").json["audit_id"]


def test_it_is_told_nothing_that_it_would_not_do(ask):
    heard = ask(body=json.dumps({"delete": True}))

    assert (heard.status, heard.json["code"]) == (400, "validation_failed")


def test_a_stopped_audit_says_why(world, ask):
    for _ in range(11):
        world.row("committed", "v1")

    told = ask().json

    assert (told["state"], told["missing"]) == ("stopped", 11)
    assert "more than one in a hundred" in told["stopped"]


def test_the_night_begins_one_and_forgets_what_is_old(world, wake):
    world.sql.execute(OLD_RUN, [world.org])

    told = wake(NIGHT)

    assert told == {"begun": True, "went_on": True}
    assert audits(world) == [("schedule", "done")]
    (counts,) = world.sql.execute("SELECT counts FROM audits").fetchone()
    assert counts["retention"]["retry_logs"] == 1
    assert world.sql.execute("SELECT count(*) FROM retry_logs").fetchone() == (0,)


def test_what_a_person_asks_for_forgets_nothing(world, ask):
    world.sql.execute(OLD_RUN, [world.org])

    assert "retention" not in ask().json
    assert world.sql.execute("SELECT count(*) FROM retry_logs").fetchone() == (1,)


def test_in_between_what_has_not_ended_goes_on_and_nothing_begins(world, wake):
    idle = wake()
    wake(NIGHT, seconds=3)
    running = audits(world)

    told = wake()

    assert idle == {"begun": False, "went_on": False}
    assert running == [("schedule", "running")]
    assert (told, audits(world)) == ({"begun": False, "went_on": True}, [("schedule", "done")])


def test_what_retention_took_is_in_the_report_and_in_the_log(world, wake, capsys):
    world.sql.execute(OLD_RUN, [world.org])

    wake(NIGHT)

    audit_id = world.sql.execute("SELECT id FROM audits").fetchone()[0]
    (line,) = world.report(world.deps.audits.find(audit_id))
    assert line["retention"]["retry_logs"] == 1
    ended = [json.loads(text) for text in capsys.readouterr().out.splitlines() if '"audit.ended"' in text]
    assert ended[0]["retry_logs"] == 1


def test_a_name_that_nobody_asked_for_begins_nothing(world, wake):
    wake({"trigger": str(uuid4())})

    assert audits(world) == []
