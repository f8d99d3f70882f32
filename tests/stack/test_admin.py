"""What admins see of a running stack, and how people are told of its trouble."""

import csv
import io
import json
from uuid import uuid4

import pytest

from local.aws import Aws
from tests.support.client import jpeg, wait_until
from tests.support.subscriber import subscribe

REPORTS = "/api/admin/reports"


@pytest.fixture(scope="module")
def aws(client):
    return Aws(client.stack.s3_endpoint)


@pytest.fixture
def wake(aws):
    """The five minutes are over."""
    functions = aws.client("lambda")
    names = [one["FunctionName"] for one in functions.list_functions()["Functions"]]
    (name,) = (name for name in names if "AlertsFunction" in name)

    def invoke():
        answer = functions.invoke(FunctionName=name, Payload=b"{}")
        told = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, told
        return told

    return invoke


@pytest.fixture
def heard(aws):
    """Whoever listens where the template says that trouble is told."""
    resources = aws.client("cloudformation").describe_stack_resources(StackName="keepsake")["StackResources"]
    (arn,) = (one["PhysicalResourceId"] for one in resources if one["LogicalResourceId"] == "AlertTopic")
    return subscribe(aws, arn)


def test_an_admin_reads_what_is_pending_and_a_member_does_not(client):
    token, project = client.organisation(role="admin")
    member, _ = client.organisation()
    granted = client.upload_url(jpeg(), token=token, project_id=project).json

    report = client.ask("GET", f"{REPORTS}/pending_uploads", token=token)
    sheet = client.ask("GET", f"{REPORTS}/pending_uploads?format=csv", token=token)

    assert report.status == 200
    (row,) = report.json["rows"]
    named = dict(zip(report.json["columns"], row, strict=True))
    assert (named["upload_id"], named["standing"]) == (granted["photo_id"], "held")
    assert sheet.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert next(csv.DictReader(io.StringIO(sheet.data.decode())))["upload_id"] == granted["photo_id"]
    assert client.ask("GET", f"{REPORTS}/pending_uploads", token=member).status == 403
    assert client.ask("GET", f"{REPORTS}/pending_uploads", token=None).status == 401


def test_every_report_is_served_by_its_name(client):
    token, _ = client.organisation(role="admin")
    unknown = client.ask("GET", f"{REPORTS}/nothing", token=token)

    statuses = {name: client.ask("GET", f"{REPORTS}/{name}", token=token).status for name in unknown.json["reports"]}

    assert unknown.status == 404
    assert len(statuses) == 12
    assert set(statuses.values()) == {200}


def test_an_upload_that_is_refused_is_among_the_failures(client):
    token, project = client.organisation(role="admin")
    photo = b"no picture at all".ljust(2_000, b"\0")
    granted = client.upload_url(photo, token=token, project_id=project).json
    client.put(granted, photo)
    client.complete(granted["photo_id"], token=token)

    failures = wait_until(lambda: client.ask("GET", "/api/admin/failures", token=token).json["failures"])

    assert [(one["upload_id"], one["class"], one["door"]) for one in failures] == [
        (granted["photo_id"], "permanent", "direct")
    ]
    by_door = client.ask("GET", "/api/admin/failures?door=form", token=token)
    assert by_door.json == {"failures": [], "next_cursor": None}


def test_trouble_is_told_once_when_it_begins_and_once_when_it_is_over(client, wake, heard):
    name = f"store:test-{uuid4().hex[:8]}"
    mine = f"breaker_open:{name}"
    told = []

    def subjects():
        told.extend(heard())
        return [one["Subject"] for one in told if mine in one["Subject"]]

    client.rows("INSERT INTO breakers (name, state, opened_at) VALUES (%s, 'open', now())", name)
    for _ in range(2):
        wake()
    wait_until(subjects)
    assert subjects() == [f"Keepsake dev: {mine}"]
    client.rows("DELETE FROM breakers WHERE name = %s", name)
    client.rows("UPDATE incidents SET seen_at = now() - interval '1 hour' WHERE kind = %s", mine)

    for _ in range(2):
        wake()
    wait_until(lambda: len(subjects()) > 1)

    assert subjects() == [f"Keepsake dev: {mine}", f"Keepsake dev: over: {mine}"]
    message = next(one["Message"] for one in told if one["Subject"] == f"Keepsake dev: {mine}")
    assert f"{client.stack.api}{REPORTS}/failures_by_provider_and_type" in message
    assert "RUNBOOK.md" in message


def test_the_alarms_of_the_template_lead_to_the_topic(aws):
    alarms = aws.client("cloudwatch").describe_alarms()["MetricAlarms"]

    targets = {target for alarm in alarms for target in (*alarm["AlarmActions"], *alarm["OKActions"])}

    assert len(alarms) > 15
    assert len(targets) == 1
    assert "AlertTopic" in targets.pop()
