"""People are told of trouble once, and once more when it is over; whoever could not be told is told later."""

import json
from types import SimpleNamespace

import pytest

from functions.alerts.handler import lambda_handler
from local.home import ROOT
from shared.db.incident_facts import Measured
from shared.db.incidents import PostgresIncidents
from shared.db.reports import REPORTS
from shared.errors import Unavailable
from shared.settings import AlertSettings
from shared.uploads.incident_words import KINDS
from shared.uploads.incidents import judge
from tests.shared.db.troubled import Troubled

WELL = {
    "failed": 0,
    "stored": 0,
    "retried": 0,
    "recovered": 0,
    "unrecovered": 0,
    "ended_in_week": 0,
    "open_breakers": [],
    "dead_news": 0,
    "dead_deliveries": 0,
    "stuck_leases": 0,
    "audit_stopped": None,
    "missing": 0,
}
TERMS = AlertSettings()


class Context:
    aws_request_id = "run-0001"

    def get_remaining_time_in_millis(self) -> int:
        return 30_000


class Topic:
    """Remembers what was told, unless it is out of order."""

    def __init__(self):
        self.told, self.broken = [], False

    def publish(self, subject, message):
        if self.broken:
            raise Unavailable("The topic cannot be reached right now.")
        self.told.append((subject, message))


@pytest.fixture
def deps(database):
    return SimpleNamespace(
        incidents=PostgresIncidents(database),
        alert_topic=Topic(),
        alert_terms=AlertSettings(stage="prod"),
        public_url="https://photos.example/",
    )


@pytest.fixture
def wake(deps):
    return lambda: lambda_handler({}, Context(), deps=deps)


@pytest.fixture
def ours(sql_of) -> Troubled:
    return Troubled(sql_of)


def kinds(**figures):
    return [trouble.kind for trouble in judge(Measured(**WELL | figures), TERMS)]


@pytest.mark.parametrize(
    ("figures", "found"),
    [
        ({}, []),
        ({"failed": 1, "stored": 19}, []),
        ({"failed": 2, "stored": 18}, ["permanent_failures"]),
        ({"failed": 19}, []),
        ({"retried": 10, "recovered": 8}, []),
        ({"retried": 10, "recovered": 7}, ["retries_in_vain"]),
        ({"retried": 9, "recovered": 0}, []),
        ({"unrecovered": 1, "ended_in_week": 99}, []),
        ({"unrecovered": 1, "ended_in_week": 98}, ["unrecovered_transient"]),
        ({"open_breakers": ["store:s3", "x"]}, ["breaker_open:store:s3", "breaker_open:x"]),
        ({"dead_news": 1}, ["dead_letters"]),
        ({"dead_deliveries": 1}, ["dead_letters"]),
        ({"stuck_leases": 1}, ["stuck_leases"]),
        ({"audit_stopped": "Too much."}, ["audit_stopped"]),
        ({"missing": 1}, ["photos_missing"]),
    ],
)
def test_figures_are_trouble_beyond_their_thresholds(figures, found):
    assert kinds(**figures) == found


def test_an_operator_may_choose_every_threshold():
    chosen = AlertSettings.from_env({"ALERT_FAILURE_PERCENT": "50", "ALERT_DEAD_LETTERS": "3"})

    figures = Measured(**WELL | {"failed": 10, "stored": 10, "dead_news": 3})

    assert list(judge(figures, chosen)) == []


def test_whoever_is_told_learns_what_is_so_what_was_expected_and_what_to_do(deps, wake, ours):
    ours.news(dead_at="now")

    answer = wake()

    ((subject, message),) = deps.alert_topic.told
    assert answer == {"troubles": 1, "told": 1, "untold": 0}
    assert subject == "Keepsake prod: dead_letters"
    assert message.startswith("1 pieces of news, and 0 deliveries")
    assert "Expected: at most 0 together." in message
    assert "https://photos.example/api/admin/reports/stuck_messages" in message
    assert "RUNBOOK.md, Alert: dead_letters" in message


def test_an_incident_is_told_once_and_its_end_once(deps, wake, ours, sql_of):
    ours.news(dead_at="now")
    for _ in range(3):
        wake()
    sql_of.execute("UPDATE outbox SET dead_at = NULL")
    wake()
    assert len(deps.alert_topic.told) == 1
    sql_of.execute("UPDATE incidents SET seen_at = now() - interval '1 hour'")

    wake()
    wake()

    subjects = [subject for subject, _ in deps.alert_topic.told]
    assert subjects == ["Keepsake prod: dead_letters", "Keepsake prod: over: dead_letters"]
    assert "over since" in deps.alert_topic.told[1][1]


def test_who_could_not_be_told_is_told_the_next_time(deps, wake, ours, capsys):
    ours.news(dead_at="now")
    deps.alert_topic.broken = True
    assert wake() == {"troubles": 1, "told": 0, "untold": 1}
    assert "alert.not_told" in capsys.readouterr().out
    deps.alert_topic.broken = False

    assert wake()["told"] == 1
    assert wake()["told"] == 0


def test_one_that_cannot_be_told_does_not_keep_the_others(deps, wake, ours, monkeypatch):
    ours.news(dead_at="now")
    ours.open(lease_until="2026-01-01")
    told = deps.alert_topic.publish

    def moody(subject, message):
        if "dead_letters" in subject:
            raise Unavailable
        told(subject, message)

    monkeypatch.setattr(deps.alert_topic, "publish", moody)

    assert wake() == {"troubles": 2, "told": 1, "untold": 1}


def test_rates_are_measured_for_cloudwatch(wake, ours, capsys):
    ours.failed()
    ours.stored()
    ours.run("schedule", 4, 3)

    wake()

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    found = {name: line[name] for line in lines for name in line if name.endswith("Rate") or name.startswith("Unrec")}
    assert found == {"PermanentFailureRate": 50.0, "RetrySuccessRate": 75.0, "UnrecoveredTransient": 0.0}


def test_where_nothing_was_retried_there_is_no_rate_of_it(wake, capsys):
    wake()

    assert "RetrySuccessRate" not in capsys.readouterr().out


def test_every_kind_has_a_report_and_a_section_in_the_runbook():
    headings = (ROOT / "RUNBOOK.md").read_text().splitlines()

    for name, kind in KINDS.items():
        assert kind.report in REPORTS
        assert f"## Alert: {name}" in headings


def test_every_trouble_has_words(deps, wake, ours, sql_of):
    for _ in range(20):
        ours.failed()
    ours.run("schedule", 10, 0)
    waiting = ours.open(failure_class="transient", failure_type="x")
    ours.ago("uploads", "created_at", "2 days", waiting)
    sql_of.execute("INSERT INTO breakers (name, state, opened_at) VALUES ('store:s3', 'open', now())")
    ours.news(dead_at="now")
    ours.open(lease_until="2026-01-01")
    ours.audit("stopped", "Too {much}.")
    photo = ours.stored()
    sql_of.execute("UPDATE photos SET missing_at = now() WHERE id = %s", (photo,))

    wake()

    told = {
        subject.removeprefix("Keepsake prod: ").partition(":")[0]: words for subject, words in deps.alert_topic.told
    }
    assert told.keys() == KINDS.keys()
    assert "Too {much}." in told["audit_stopped"]
    assert "store:s3 is left alone" in told["breaker_open"]
