"""The AWS services that the functions use, and the local ID Verification, on loopback.

Two source buckets (``clips`` is versioned) send events of objects below ``kyc/`` to a queue.
Verdicts go to a topic, a queue or an event bus. The topic and the bus deliver to a queue each.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3

from facescreen_local.auth.account import LocalAccount
from facescreen_local.background_loop import BackgroundLoop
from facescreen_local.id_verification.service import IdVerificationService
from tests.e2e.aws.analyzer import SuffixAnalyzer
from tests.e2e.aws.configuration import REGION
from tests.e2e.aws.queues import delete_messages, queue_arn
from tests.support.distinct import make_distinct
from tests.support.moto_server import moto_server

SOURCES = ("selfies", "clips")
VERSIONED = "clips"
STATE = "state"
WATCHED = "kyc/"
MAX_RECEIVES = 3
BUS = "verdicts"


@dataclass
class AwsCloud:
    """The services, as an administrator sees them."""

    endpoint: str
    cloudauth: IdVerificationService
    local_account: LocalAccount
    visibility_s: int
    received: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """Every message received so far, by the queue's URL."""

    def __post_init__(self) -> None:
        session = boto3.Session("AKIDADMIN", "secret", region_name=REGION)
        self.s3, self.sqs, self.sns, self.events, self.secrets = (
            session.client(name, endpoint_url=self.endpoint)
            for name in ("s3", "sqs", "sns", "events", "secretsmanager")
        )
        self._make_queues()
        self._make_buckets()
        self._make_destinations()
        key = self.local_account.key
        secret = {"access_key_id": key.access_key_id, "access_key_secret": key.access_key_secret}
        self.secret_arn: str = self.secrets.create_secret(
            Name="alibaba", SecretString=json.dumps(secret)
        )["ARN"]

    def environment(self, **settings: str) -> dict[str, str]:
        """Environment of a function. `settings` override it and must include a destination."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "ALIBABA_SECRET_ARN": self.secret_arn,
            "CALLS_PER_SECOND": "50",
            "CLOUDAUTH_ENDPOINT": self.cloudauth.url,
            "DEAD_LETTERS_QUEUE_URL": self.dead_letters_url,
            "FACESCREEN_LOCAL": "true",
            "MOST_RECEIVES": str(MAX_RECEIVES),
            "SCENE_CODE": "kyc_demo_1",
            "STATE_BUCKET": STATE,
            **settings,
        }

    def put(self, bucket: str, key: str, body: bytes, *, is_distinct: bool = True) -> str:
        """Upload an object; with `is_distinct` the bytes differ from those of other objects.
        Returns its version id, or "" if the bucket is not versioned."""
        if is_distinct:
            body = make_distinct(body, f"{bucket}/{key}")
        done = self.s3.put_object(Bucket=bucket, Key=key, Body=body)
        return str(done.get("VersionId", ""))

    def tags(self, bucket: str, key: str, version: str = "") -> dict[str, str]:
        """Tags of the object's newest version, or of `version`."""
        version_params = {"VersionId": version} if version else {}
        response = self.s3.get_object_tagging(Bucket=bucket, Key=key, **version_params)
        return {tag["Key"]: tag["Value"] for tag in response["TagSet"]}

    def list_keys(self, bucket: str) -> list[str]:
        """The keys of all objects in a bucket."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        return [listed["Key"] for page in pages for listed in page.get("Contents", ())]

    def messages(self, queue_url: str) -> list[dict[str, Any]]:
        """Receive and delete the queue's messages. Returns the bodies of all received so far."""
        messages = self.received.setdefault(queue_url, [])
        while True:
            response = self.sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10)
            if not response.get("Messages"):
                return messages
            messages += [json.loads(message["Body"]) for message in response["Messages"]]
            delete_messages(self.sqs, queue_url, response["Messages"])

    def dead_letter_on_first_failure(self) -> None:
        """Move a message to the dead-letter queue after its first failed receive, to save time.

        Functions need MOST_RECEIVES=1.
        """
        policy = {
            "deadLetterTargetArn": queue_arn(self.sqs, self.dead_letters_url),
            "maxReceiveCount": 1,
        }
        attributes = {"RedrivePolicy": json.dumps(policy)}
        self.sqs.set_queue_attributes(QueueUrl=self.uploads_url, Attributes=attributes)

    def _make_queues(self) -> None:
        self.dead_letters_url = self._queue("dead-letters")
        policy = {
            "deadLetterTargetArn": queue_arn(self.sqs, self.dead_letters_url),
            "maxReceiveCount": MAX_RECEIVES,
        }
        self.uploads_url = self._queue(
            "uploads",
            VisibilityTimeout=str(self.visibility_s),
            RedrivePolicy=json.dumps(policy),
        )

    def _make_buckets(self) -> None:
        location = {"LocationConstraint": REGION}
        for name in (*SOURCES, STATE):
            self.s3.create_bucket(Bucket=name, CreateBucketConfiguration=location)
        self.s3.put_bucket_versioning(
            Bucket=VERSIONED, VersioningConfiguration={"Status": "Enabled"}
        )
        key_filter = {"Key": {"FilterRules": [{"Name": "prefix", "Value": WATCHED}]}}
        queue = {
            "QueueArn": queue_arn(self.sqs, self.uploads_url),
            "Events": ["s3:ObjectCreated:*"],
            "Filter": key_filter,
        }
        for name in SOURCES:
            self.s3.put_bucket_notification_configuration(
                Bucket=name, NotificationConfiguration={"QueueConfigurations": [queue]}
            )

    def _make_destinations(self) -> None:
        self.topic_arn: str = self.sns.create_topic(Name="verdicts")["TopicArn"]
        self.topic_queue_url = self._queue("of-the-topic")
        self.sns.subscribe(
            TopicArn=self.topic_arn,
            Protocol="sqs",
            Endpoint=queue_arn(self.sqs, self.topic_queue_url),
            Attributes={"RawMessageDelivery": "true"},
        )
        self.verdicts_url = self._queue("verdicts")
        self.events.create_event_bus(Name=BUS)
        self.bus_queue_url = self._queue("of-the-bus")
        self.events.put_rule(
            Name="all", EventBusName=BUS, EventPattern=json.dumps({"source": ["facescreen"]})
        )
        target = {"Id": "queue", "Arn": queue_arn(self.sqs, self.bus_queue_url)}
        self.events.put_targets(Rule="all", EventBusName=BUS, Targets=[target])

    def _queue(self, name: str, **attributes: str) -> str:
        url: str = self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        return url


@contextmanager
def run_cloud(
    loop: BackgroundLoop, folder: Path, visibility_s: int = 10, s3_age_s: float = 0
) -> Iterator[AwsCloud]:
    """Start the services and yield them.

    `visibility_s` is the time after which a failed message is delivered again. AWS recommends six
    times the function's timeout. For `s3_age_s` see moto_server.
    """
    local_account = LocalAccount.create()
    cloudauth = IdVerificationService(local_account, folder, SuffixAnalyzer())
    with moto_server(s3_age_s) as endpoint:
        loop.run(cloudauth.start())
        try:
            yield AwsCloud(endpoint, cloudauth, local_account, visibility_s)
        finally:
            loop.run(cloudauth.stop())
