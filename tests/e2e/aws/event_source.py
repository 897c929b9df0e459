"""An event source mapping, SQS to Lambda, as AWS documents it ("Using Lambda with Amazon SQS").

What a batch does not come to its end with is left in the queue: it comes back after the queue's
visibility time-out, and the queue's redrive policy moves it on at last.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from tests.e2e.aws.configuration import REGION
from tests.e2e.aws.function import Function
from tests.e2e.aws.queues import delete, queue_arn
from tests.e2e.aws.runtime_api import FunctionError

LARGEST_BATCH = 10
_POLL_S = 1


class EventSource:
    """``with EventSource(...):`` feeds the queue's messages to the function."""

    def __init__(
        self, sqs: Any, queue_url: str, function: Function, *, maximum_concurrency: int = 2
    ) -> None:
        """With a BatchSize of 10 and ReportBatchItemFailures. `sqs` is a boto3 client."""
        self._sqs = sqs
        self._queue_url = queue_url
        self._function = function
        self._arn = queue_arn(sqs, queue_url)
        self._free = threading.Semaphore(maximum_concurrency)
        self._pool = ThreadPoolExecutor(maximum_concurrency + 1)
        self._stopped = threading.Event()
        self.errors: list[FunctionError] = []
        """Of the batches that failed whole, but for malformed answers."""
        self.batches: list[set[str]] = []
        """The messages of each, by their ids."""

    def __enter__(self) -> EventSource:
        self._polling = self._pool.submit(self._poll)
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        with self._pool:
            self._polling.result()

    def _poll(self) -> None:
        running: list[Future[None]] = []
        while not self._stopped.is_set():
            self._free.acquire()
            messages = self._received()
            if messages:
                running.append(self._pool.submit(self._deliver, messages))
            else:
                self._free.release()
        for batch in running:
            batch.result()

    def _received(self) -> list[dict[str, Any]]:
        found = self._sqs.receive_message(
            QueueUrl=self._queue_url,
            MaxNumberOfMessages=LARGEST_BATCH,
            WaitTimeSeconds=_POLL_S,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        return list(found.get("Messages", ()))

    def _deliver(self, messages: list[dict[str, Any]]) -> None:
        self.batches.append({m["MessageId"] for m in messages})
        try:
            answer = self._function.invoke({"Records": [self._record(m) for m in messages]})
        except FunctionError as error:
            self.errors.append(error)
            return
        finally:
            self._free.release()
        failed = failures(answer, {m["MessageId"] for m in messages})
        done = [m for m in messages if m["MessageId"] not in failed]
        if done:
            delete(self._sqs, self._queue_url, done)

    def _record(self, message: dict[str, Any]) -> dict[str, Any]:
        return {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message["Attributes"],
            "messageAttributes": {
                name: _attribute(value)
                for name, value in message.get("MessageAttributes", {}).items()
            },
            "md5OfBody": message["MD5OfBody"],
            "eventSource": "aws:sqs",
            "eventSourceARN": self._arn,
            "awsRegion": REGION,
        }


def failures(answer: Any, batch: set[str]) -> set[str]:
    """Which messages of `batch` stay in the queue, by a function's answer: all of them, unless it
    names failed ones as it should, or none ("Implementing partial batch responses")."""
    if answer is None:
        return set()
    if not isinstance(answer, dict):
        return batch
    named = answer.get("batchItemFailures")
    if named is None:
        return set()
    if not isinstance(named, list):
        return batch
    ids = [item.get("itemIdentifier") if isinstance(item, dict) else None for item in named]
    return {id_ for id_ in ids if id_} if set(ids) <= batch else batch


def _attribute(value: dict[str, Any]) -> dict[str, Any]:
    return {
        "stringValue": value.get("StringValue"),
        "stringListValues": [],
        "binaryListValues": [],
        "dataType": value["DataType"],
    }
