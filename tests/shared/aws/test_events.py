"""Events reach the bus with a name that stays, and the ones that did not are named."""

import json
import uuid
from dataclasses import replace

import pytest

from shared.aws.events import EventBus
from shared.aws.http import Answer, NoAnswer
from shared.errors import Misconfigured, OutcomeUnknown, Unavailable
from shared.photos import News
from tests.shared.aws.canned import Canned
from tests.support.embedded_aws import reach_of

ORG = uuid.UUID(int=7)


def news(number=1, topic="photo.committed", **payload):
    return News(number, uuid.UUID(int=number), ORG, topic, {"photo_id": "ü"} | payload)


@pytest.fixture
def bus_name(aws):
    name = f"bus-{uuid.uuid4().hex}"
    aws.client("events").create_event_bus(Name=name)
    return name


@pytest.fixture
def heard(aws, bus_name):
    """What a queue behind a rule of somebody else's gets from the bus."""
    sqs, name = aws.client("sqs"), f"heard-{uuid.uuid4().hex}"
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events = aws.client("events")
    events.put_rule(Name=name, EventBusName=bus_name, EventPattern=json.dumps({"source": ["keepsake"]}))
    events.put_targets(Rule=name, EventBusName=bus_name, Targets=[{"Id": "q", "Arn": arn}])

    def receive():
        told = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=2).get("Messages", [])
        return [json.loads(message["Body"]) for message in told]

    return receive


@pytest.fixture(scope="module")
def teller(assume):
    return assume("events:PutEvents")


@pytest.fixture
def bus_at(aws, teller, http):
    def make(name, http=http, credentials=teller, endpoint_url=aws.endpoint):
        return EventBus(name, reach_of(aws, credentials, http, endpoint_url=endpoint_url))

    return make


def test_an_event_says_what_happened_under_an_id_that_stays(bus_at, bus_name, heard):
    told = news(mime="image/png")

    refused = bus_at(bus_name).tell([told])

    (event,) = heard()
    assert refused == {}
    assert (event["source"], event["detail-type"]) == ("keepsake", "photo.committed")
    assert event["detail"] == {
        "event_id": str(told.event_id),
        "topic": "photo.committed",
        "org_id": str(ORG),
        "photo_id": "ü",
        "mime": "image/png",
    }


def test_ten_events_fit_into_one_call(bus_at, bus_name, heard):
    assert bus_at(bus_name).tell([news(n) for n in range(10)]) == {}
    assert len(heard()) == 10


def test_eleven_do_not(bus_at, bus_name):
    with pytest.raises(ValueError, match="at most 10 events, not 11"):
        bus_at(bus_name).tell([news(n) for n in range(11)])


def test_without_events_nobody_is_asked(bus_at):
    assert bus_at("x", endpoint_url="http://127.0.0.1:1").tell([]) == {}


def test_a_role_that_may_not_put_events_is_a_fault_of_the_deployment(bus_at, bus_name, assume, heard):
    with pytest.raises(Misconfigured, match="AccessDenied"):
        bus_at(bus_name, credentials=assume("sqs:SendMessage")).tell([news()])

    assert heard() == []


def test_a_forged_signature_tells_nothing(bus_at, bus_name, teller, heard):
    with pytest.raises(Misconfigured, match="InvalidSignature"):
        bus_at(bus_name, credentials=replace(teller, secret_key="forged")).tell([news()])

    assert heard() == []


def test_an_unreachable_bus_surely_got_nothing(bus_at):
    with pytest.raises(Unavailable):
        bus_at("x", endpoint_url="http://127.0.0.1:1").tell([news()])


def said(facts, status=200):
    return Canned(Answer(status, {}, json.dumps(facts).encode()))


def test_the_refused_ones_are_named_by_their_place_in_the_answer(bus_at):
    entries = [{"EventId": "a"}, {"ErrorCode": "ThrottlingException"}, {"EventId": "c"}, {}]
    wire = said({"FailedEntryCount": 2, "Entries": entries})

    refused = bus_at("b", http=wire).tell([news(n) for n in (41, 42, 43, 44)])

    assert refused == {42: "ThrottlingException", 44: "Unknown"}


@pytest.mark.parametrize(
    ("wire", "error"),
    [
        (Canned(NoAnswer("cut")), OutcomeUnknown),
        (said({"Entries": []}), OutcomeUnknown),
        (said({}), OutcomeUnknown),
        (said({"__type": "InternalException"}, 500), OutcomeUnknown),
        (said({"__type": "ServiceUnavailable"}, 503), Unavailable),
        (said({"__type": "ResourceNotFoundException"}, 400), Misconfigured),
    ],
)
def test_every_other_end_says_whether_to_tell_again(bus_at, wire, error):
    with pytest.raises(error):
        bus_at("b", http=wire).tell([news()])
