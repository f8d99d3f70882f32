"""Messages reach the queue, and the ones that did not are named."""

import json
import uuid
from dataclasses import replace

import pytest

from shared.aws.http import Answer, NoAnswer
from shared.aws.sqs import Sent, SqsQueue
from shared.errors import Misconfigured, OutcomeUnknown, Unavailable
from tests.shared.aws.canned import Canned
from tests.support.embedded_aws import reach_of


@pytest.fixture
def url(aws):
    return aws.client("sqs").create_queue(QueueName=f"q-{uuid.uuid4().hex}")["QueueUrl"]


@pytest.fixture(scope="module")
def sender(assume):
    # For AWS a batch is covered by sqs:SendMessage; the embedded one wants it named as well.
    return assume("sqs:SendMessage*")


@pytest.fixture
def queue_at(aws, sender, http):
    def make(url, http=http, credentials=sender, endpoint_url=aws.endpoint):
        return SqsQueue(url, reach_of(aws, credentials, http, endpoint_url=endpoint_url))

    return make


def received(aws, url):
    told = aws.client("sqs").receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], WaitTimeSeconds=1
    )
    return told.get("Messages", [])


def test_a_message_arrives_with_its_attributes(aws, url, queue_at):
    message_id = queue_at(url).send('{"photo":"ü"}', {"topic": "photo.stored"})

    (message,) = received(aws, url)
    assert (message["MessageId"], message["Body"]) == (message_id, '{"photo":"ü"}')
    assert message["MessageAttributes"]["topic"]["StringValue"] == "photo.stored"


def test_a_batch_arrives_and_every_message_is_answered_under_its_own_id(aws, url, queue_at):
    sent = queue_at(url).send_batch({"41": "a", "42": "b"})

    assert sorted(message["Body"] for message in received(aws, url)) == ["a", "b"]
    assert (set(sent.message_ids), sent.failed) == ({"41", "42"}, {})


def test_an_empty_batch_asks_nobody(queue_at):
    assert queue_at("http://127.0.0.1:1/q", endpoint_url="http://127.0.0.1:1").send_batch({}) == Sent()


def test_eleven_messages_are_not_a_batch(url, queue_at):
    with pytest.raises(ValueError, match="at most 10 messages, not 11"):
        queue_at(url).send_batch({str(number): "x" for number in range(11)})


def test_a_queue_that_is_not_there_is_a_fault_of_the_deployment(aws, queue_at):
    with pytest.raises(Misconfigured, match="QueueDoesNotExist"):
        queue_at(f"{aws.endpoint}/000000000000/nobody-made-this").send("x")


def test_a_forged_signature_sends_nothing(aws, url, queue_at, sender):
    with pytest.raises(Misconfigured, match="SignatureDoesNotMatch"):
        queue_at(url, credentials=replace(sender, secret_key="forged")).send("x")

    assert received(aws, url) == []


def test_an_unreachable_queue_surely_got_nothing(url, queue_at):
    with pytest.raises(Unavailable):
        queue_at(url, endpoint_url="http://127.0.0.1:1").send("x")


def refused(status, code):
    return Answer(status, {}, json.dumps({"__type": f"com.amazonaws.sqs#{code}", "message": "no"}).encode())


@pytest.mark.parametrize(
    ("outcome", "error"),
    [
        (NoAnswer("cut"), OutcomeUnknown),
        (refused(500, "InternalFailure"), OutcomeUnknown),
        (refused(400, "RequestThrottled"), Unavailable),
        (refused(503, "ServiceUnavailable"), Unavailable),
        (refused(400, "QueueDoesNotExist"), Misconfigured),
        (Answer(502, {}, b"<html>not json"), Unavailable),
    ],
)
def test_every_other_end_says_whether_to_send_again(outcome, error, queue_at, url):
    with pytest.raises(error):
        queue_at(url, http=Canned(outcome)).send("x")


def test_the_refused_part_of_a_batch_is_named_with_its_reason(queue_at, url):
    told = {"Successful": [{"Id": "1", "MessageId": "m"}], "Failed": [{"Id": "2", "Code": "InternalError"}]}

    sent = queue_at(url, http=Canned(Answer(200, {}, json.dumps(told).encode()))).send_batch({"1": "a", "2": "b"})

    assert sent == Sent({"1": "m"}, {"2": "InternalError"})
