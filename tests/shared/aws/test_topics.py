"""A message reaches whoever has subscribed, and a topic that does not take it says what to do."""

import uuid

import pytest

from shared.aws.http import Answer, NoAnswer, NotSent
from shared.aws.topics import SnsTopic
from shared.errors import Misconfigured, OutcomeUnknown, Unavailable
from tests.shared.aws.canned import Canned
from tests.support.embedded_aws import reach_of
from tests.support.subscriber import subscribe


@pytest.fixture
def arn(aws):
    return aws.client("sns").create_topic(Name=f"t-{uuid.uuid4().hex}")["TopicArn"]


@pytest.fixture
def heard(aws, arn):
    """What somebody hears who has subscribed."""
    return subscribe(aws, arn)


@pytest.fixture
def topic_at(aws, assume, http):
    def make(arn, *, rights=("sns:Publish",), http=http, endpoint_url=aws.endpoint):
        return SnsTopic(arn, reach_of(aws, assume(*rights), http, endpoint_url=endpoint_url))

    return make


def test_a_message_arrives_as_it_was_sent(arn, heard, topic_at):
    topic_at(arn).publish("Keepsake dev: dead_letters", "1 & 2 = 3 %\nü?")

    (message,) = heard()
    assert (message["Subject"], message["Message"]) == ("Keepsake dev: dead_letters", "1 & 2 = 3 %\nü?")


def test_a_subject_is_one_short_line_of_ascii(arn, heard, topic_at):
    topic_at(arn).publish("Störung\r\nBcc: me " + "x" * 200, "m")

    (message,) = heard()
    assert message["Subject"].startswith("St?rung?Bcc: me x")
    assert len(message["Subject"]) == 99


def test_a_topic_that_is_not_there_is_a_fault_of_the_deployment(arn, topic_at):
    with pytest.raises(Misconfigured, match="NotFound"):
        topic_at(f"{arn}-no").publish("s", "m")


def test_who_may_not_publish_is_told_so(arn, heard, topic_at):
    with pytest.raises(Misconfigured) as refused:
        topic_at(arn, rights=("sns:Subscribe",)).publish("s", "m")

    assert "sns:Publish" in refused.value.facts["check"]
    assert heard() == []


@pytest.mark.parametrize(
    ("outcome", "error"),
    [
        (NotSent("no"), Unavailable),
        (NoAnswer("cut"), OutcomeUnknown),
        (Answer(500, {}, b"<Code>InternalFailure</Code>"), OutcomeUnknown),
        (Answer(429, {}, b"<Code>Throttled</Code>"), Unavailable),
        (Answer(503, {}, b"no xml"), Unavailable),
        (Answer(403, {}, b"<Code>AuthorizationError</Code>"), Misconfigured),
    ],
)
def test_every_other_end_says_whether_to_tell_it_again(outcome, error, topic_at, arn):
    with pytest.raises(error):
        topic_at(arn, http=Canned(outcome)).publish("s", "m")
