"""AWS emulated by moto on loopback: real clients and protocols, but moto checks no signature,
expiry or permission."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from threading import Lock, Thread
from typing import Any

import boto3
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

from facescreen.bus.eventbridge import EVENT_SOURCE
from facescreen.message import MESSAGE_TYPE
from facescreen.storage.s3 import S3QuarantineStore, S3StateStore
from tests.contract.object_writers import S3ObjectWriter
from tests.support.moto_s3 import date_multipart_objects_from_their_initiation, skew_dates

REGION = "eu-central-1"
ACCOUNT = "123456789012"
"""moto's account id."""


@cache
def session() -> boto3.Session:
    """A session with made-up temporary credentials, like a role's."""
    return boto3.Session(
        aws_access_key_id="ASIAFACESCREEN",
        aws_secret_access_key="s3cret",
        aws_session_token="t0ken",
        region_name=REGION,
    )


@dataclass(frozen=True)
class AwsServices:
    """The services of one account, behind one endpoint."""

    endpoint: str
    bucket: str = "facescreen-state"
    versioned_bucket: str = "versioned"

    @cache  # noqa: B019
    def client(self, service: str) -> Any:
        """boto3's client, for what tests do themselves."""
        return session().client(service, endpoint_url=self.endpoint)

    @cache  # noqa: B019
    def store(self) -> S3QuarantineStore:
        """The real adapter."""
        return S3QuarantineStore(session(), endpoint=self.endpoint)

    def state(self, bucket: str) -> S3StateStore:
        """The real adapter on a bucket."""
        return S3StateStore(session(), bucket=bucket, endpoint=self.endpoint)

    def object_writer(self, bucket: str) -> S3ObjectWriter:
        """A writer of objects in a bucket that uses boto3."""
        return S3ObjectWriter(self.client("s3"), bucket)

    def create(self) -> None:
        """Create the buckets, a topic and an event bus; for each bus a queue ``all`` and a queue
        ``flagged``."""
        s3 = self.client("s3")
        for bucket in (self.bucket, self.versioned_bucket):
            s3.create_bucket(
                Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION}
            )
        s3.put_bucket_versioning(
            Bucket=self.versioned_bucket, VersioningConfiguration={"Status": "Enabled"}
        )
        sqs = self.client("sqs")
        self.client("sns").create_topic(Name="verdicts")
        self.client("events").create_event_bus(Name="verdicts")
        for queue in ("all", "flagged"):
            for bus in ("sns", "sqs", "eventbridge"):
                sqs.create_queue(QueueName=f"{bus}-{queue}")
        self._subscribe("sns-all", {})
        self._subscribe("sns-flagged", {"verdict": ["high_risk"], "bucket": ["selfies"]})
        self._route("eventbridge-all", {})
        flagged = {"verdict": ["high_risk"], "object": {"bucket": ["selfies"]}}
        self._route("eventbridge-flagged", {"detail": {"data": flagged}})

    @property
    def topic_arn(self) -> str:
        return f"arn:aws:sns:{REGION}:{ACCOUNT}:verdicts"

    def queue_url(self, queue: str) -> str:
        return f"{self.endpoint}/{ACCOUNT}/{queue}"

    def _subscribe(self, queue: str, pattern_part: dict[str, list[str]]) -> None:
        self.client("sns").subscribe(
            TopicArn=self.topic_arn,
            Protocol="sqs",
            Endpoint=_queue_arn(queue),
            Attributes={"RawMessageDelivery": "true", "FilterPolicy": json.dumps(pattern_part)},
        )

    def _route(self, queue: str, pattern_part: dict[str, Any]) -> None:
        pattern = {"source": [EVENT_SOURCE], "detail-type": [MESSAGE_TYPE], **pattern_part}
        events = self.client("events")
        events.put_rule(Name=queue, EventBusName="verdicts", EventPattern=json.dumps(pattern))
        target = {"Id": queue, "Arn": _queue_arn(queue)}
        events.put_targets(Rule=queue, EventBusName="verdicts", Targets=[target])


def _queue_arn(queue: str) -> str:
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}"


@contextmanager
def run_aws_services() -> Iterator[AwsServices]:
    """Run moto and serve one request at a time.

    moto checks the condition of a conditional write and writes without a lock, so two concurrent
    writes may both succeed (seen in 5 of 120 races).
    """
    date_multipart_objects_from_their_initiation()
    skew_dates()
    app, lock = DomainDispatcherApplication(create_backend_app), Lock()

    def serve_one_at_a_time(environ: Any, start_response: Any) -> Iterable[bytes]:
        with lock:
            body: Iterable[bytes] = app(environ, start_response)
            return body

    server = make_server("127.0.0.1", 0, serve_one_at_a_time, threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    services = AwsServices(f"http://127.0.0.1:{server.server_port}")
    try:
        services.create()
        yield services
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
