"""An event source mapping, SQS to Lambda, as AWS documents it ("Using Lambda with Amazon SQS").

A message that a batch does not complete stays in the queue. It becomes visible again after the
visibility timeout, until the queue's redrive policy moves it to the dead-letter queue.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from tests.e2e.aws.configuration import REGION
from tests.e2e.aws.function import LambdaFunction
from tests.e2e.aws.queues import delete_messages, queue_arn
from tests.e2e.aws.runtime_api import FunctionError

MAX_BATCH_SIZE = 10
_POLL_S = 1


class EventSourceMapping:
    """``with EventSourceMapping(...):`` delivers the queue's messages to the function."""

    def __init__(
        self, sqs: Any, queue_url: str, function: LambdaFunction, *, maximum_concurrency: int = 2
    ) -> None:
        """Use a BatchSize of 10 and ReportBatchItemFailures. `sqs` is a boto3 client."""
        self._sqs = sqs
        self._queue_url = queue_url
        self._function = function
        self._arn = queue_arn(sqs, queue_url)
        self._free = threading.Semaphore(maximum_concurrency)
        self._pool = ThreadPoolExecutor(maximum_concurrency + 1)
        self._stopped = threading.Event()
        self.errors: list[FunctionError] = []
        """Errors of batches that failed completely, without malformed responses."""
        self.batches: list[set[str]] = []
        """Message ids of each batch."""

    def __enter__(self) -> EventSourceMapping:
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
            messages = self._receive()
            if messages:
                running.append(self._pool.submit(self._deliver, messages))
            else:
                self._free.release()
        for batch in running:
            batch.result()

    def _receive(self) -> list[dict[str, Any]]:
        response = self._sqs.receive_message(
            QueueUrl=self._queue_url,
            MaxNumberOfMessages=MAX_BATCH_SIZE,
            WaitTimeSeconds=_POLL_S,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        return list(response.get("Messages", ()))

    def _deliver(self, messages: list[dict[str, Any]]) -> None:
        self.batches.append({m["MessageId"] for m in messages})
        try:
            response = self._function.invoke({"Records": [self._record(m) for m in messages]})
        except FunctionError as error:
            self.errors.append(error)
            return
        finally:
            self._free.release()
        failed = failed_messages(response, {m["MessageId"] for m in messages})
        succeeded = [m for m in messages if m["MessageId"] not in failed]
        if succeeded:
            delete_messages(self._sqs, self._queue_url, succeeded)

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


def failed_messages(response: Any, batch: set[str]) -> set[str]:
    """Return the messages of `batch` that stay in the queue after a function's response.

    A malformed response fails the whole batch ("Implementing partial batch responses").
    """
    if response is None:
        return set()
    if not isinstance(response, dict):
        return batch
    items = response.get("batchItemFailures")
    if items is None:
        return set()
    if not isinstance(items, list):
        return batch
    ids = [item.get("itemIdentifier") if isinstance(item, dict) else None for item in items]
    return {id_ for id_ in ids if id_} if set(ids) <= batch else batch


def _attribute(value: dict[str, Any]) -> dict[str, Any]:
    return {
        "stringValue": value.get("StringValue"),
        "stringListValues": [],
        "binaryListValues": [],
        "dataType": value["DataType"],
    }
