"""Somebody who has subscribed to a topic, and what they hear."""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from local.aws import Aws


def subscribe(aws: Aws, topic_arn: str) -> Callable[[], list[dict[str, Any]]]:
    """A queue of the subscriber's own, which lets the topic in; call the result for what has come since."""
    sqs = aws.client("sqs")
    url = sqs.create_queue(QueueName=f"heard-{uuid4().hex}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    lets_in = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [lets_in]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    aws.client("sns").subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=arn)

    def receive() -> list[dict[str, Any]]:
        told = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages", [])
        for message in told:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in told]

    return receive
