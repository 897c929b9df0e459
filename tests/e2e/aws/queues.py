"""Helpers for SQS queues."""

from __future__ import annotations

from typing import Any


def queue_arn(sqs: Any, url: str) -> str:
    """The queue's ARN."""
    response = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    arn: str = response["Attributes"]["QueueArn"]
    return arn


def count_messages(sqs: Any, url: str) -> int:
    """Number of messages in the queue, including those in flight."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    response = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)
    return sum(int(count) for count in response["Attributes"].values())


def delete_messages(sqs: Any, url: str, messages: list[dict[str, Any]]) -> None:
    """Delete up to ten received messages from the queue."""
    entries = [
        {"Id": str(place), "ReceiptHandle": message["ReceiptHandle"]}
        for place, message in enumerate(messages)
    ]
    response = sqs.delete_message_batch(QueueUrl=url, Entries=entries)
    assert not response.get("Failed"), response["Failed"]
