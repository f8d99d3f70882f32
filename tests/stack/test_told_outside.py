"""What the outside is told of photos by a running stack: on the event bus, and at webhooks."""

import json
import time
from uuid import uuid4

import pytest

from local.aws import Aws
from tests.shared.hooks.receiver import receiver
from tests.support.client import jpeg, wait_until

BUS = "keepsake-dev"
TALKERS = ("WebhooksFunction", "DeliverFunction")


@pytest.fixture(scope="module")
def aws(client):
    return Aws(client.stack.s3_endpoint)


@pytest.fixture(scope="module")
def receivers(aws):
    """Two receivers on this machine, which the operator lets the stack deliver to."""
    functions = aws.client("lambda")
    names = [one["FunctionName"] for one in functions.list_functions()["Functions"]]
    talkers = [name for name in names if any(talker in name for talker in TALKERS)]
    assert len(talkers) == len(TALKERS)
    with receiver() as heard, receiver() as moody:
        told = {
            name: functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
            for name in talkers
        }
        for name, variables in told.items():
            allowed = ",".join([variables["FETCH_ALLOWED"], heard.place, moody.place])
            changed = variables | {"FETCH_ALLOWED": allowed}
            functions.update_function_configuration(FunctionName=name, Environment={"Variables": changed})
        yield heard, moody
        # The stack is not ours alone: whoever comes next finds it as it was.
        for name, variables in told.items():
            functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables})


@pytest.fixture
def heard(receivers):
    return receivers[0]


@pytest.fixture
def moody(receivers):
    """Fails once, and never again."""
    receivers[1].statuses[:] = [500, 204]
    return receivers[1]


@pytest.fixture
def bus_heard(aws):
    """What a queue behind somebody's rule on the bus gets."""
    sqs, events, name = aws.client("sqs"), aws.client("events"), f"heard-{uuid4().hex}"
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name=name, EventBusName=BUS, EventPattern=json.dumps({"source": ["keepsake"]}))
    events.put_targets(Rule=name, EventBusName=BUS, Targets=[{"Id": "q", "Arn": arn}])
    found = []

    def of(photo_id):
        told = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages", [])
        found.extend(json.loads(message["Body"]) for message in told)
        return {one["detail-type"]: one["detail"] for one in found if one["detail"].get("photo_id") == photo_id}

    return of


def put(client, token, project):
    photo = jpeg()
    grant = client.upload_url(photo, token=token, project_id=project).json
    client.put(grant, photo)
    client.complete(grant["photo_id"], token=token)
    return grant["photo_id"]


def make(client, token, url, *topics):
    asked = {"url": url, "topics": list(topics)}
    return client.ask("POST", "/api/v1/webhooks", json_body=asked, token=token)


def test_whoever_has_a_rule_on_the_bus_hears_what_became_of_a_photo(client, bus_heard):
    token, project = client.organisation()
    photo_id = put(client, token, project)
    wait_until(lambda: "photo.committed" in bus_heard(photo_id))

    client.ask("DELETE", f"/api/v1/photos/{photo_id}", token=token)

    told = wait_until(lambda: {} if "photo.deleted" not in (seen := bus_heard(photo_id)) else seen)
    assert told["photo.committed"]["project_id"] == project
    ids = client.rows("SELECT event_id FROM outbox WHERE payload->>'photo_id' = %s", photo_id)
    assert {one["event_id"] for one in told.values()} <= {str(event_id) for (event_id,) in ids}


def test_a_webhook_is_told_of_an_upload_within_seconds_and_can_prove_who_told_it(client, heard):
    token, project = client.organisation(role="admin")
    made = make(client, token, heard.url)
    photo_id = put(client, token, project)
    began = time.monotonic()

    # They come in no order: the photo may be completed before anybody hears that it is committed.
    told = wait_until(lambda: _heard(heard, "photo.committed", photo_id))
    took = time.monotonic() - began

    assert made.status == 201
    assert told.headers["user-agent"] == "Keepsake"
    assert told.is_signed_with(made.json["secret"])
    assert abs(told.at - time.time()) < 60
    assert took < 15
    hook = f"/api/v1/webhooks/{made.json['webhook_id']}/deliveries"
    status = wait_until(
        lambda: {
            one["event_id"]: one["last_status"]
            for one in client.ask("GET", f"{hook}?state=delivered", token=token).json["deliveries"]
        }.get(told.id)
    )
    assert status == 204


def _heard(receiver, topic, photo_id):
    of_it = (one for one in receiver.told if one.json["data"].get("photo_id") == photo_id)
    return next((one for one in of_it if one.json["type"] == topic), None)


def test_a_delivery_that_failed_arrives_when_an_admin_sends_it_again(client, moody):
    token, _ = client.organisation(role="admin")
    hook = f"/api/v1/webhooks/{make(client, token, moody.url).json['webhook_id']}"

    made = client.ask("POST", f"{hook}/test", token=token).json
    failed = wait_until(
        lambda: [
            one
            for one in client.ask("GET", f"{hook}/deliveries?state=due", token=token).json["deliveries"]
            if one["last_status"] == 500
        ]
    )
    client.ask("POST", f"/api/v1/deliveries/{made['delivery_id']}/resend", token=token)

    wait_until(lambda: client.ask("GET", f"{hook}/deliveries?state=delivered", token=token).json["deliveries"])
    assert failed[0]["tries"] == 1
    assert [one.id for one in moody.told] == [made["event_id"]] * 2


def test_webhooks_are_made_by_admins_for_public_places(client, heard):
    member, _ = client.organisation()
    admin, _ = client.organisation(role="admin")

    by_member = make(client, member, heard.url)
    to_ourselves = make(client, admin, "https://169.254.169.254/latest/meta-data")
    to_a_closed_port = make(client, admin, "http://127.0.0.1:1/")
    foreign = client.ask("GET", f"/api/v1/webhooks/{uuid4()}/deliveries", token=admin)

    answers = (by_member, to_ourselves, to_a_closed_port, foreign)
    assert [answer.status for answer in answers] == [403, 422, 400, 404]
