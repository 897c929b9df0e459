"""``facescreen backfill`` of a bucket on S3: the events that it puts in the uploads queue."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from facescreen.events.filters import Filters
from facescreen.events.read import read_event
from tests.e2e.aws import command_line
from tests.e2e.aws.configuration import REGION
from tests.support.moto_server import moto_server

KEYS = ["old/a b+%20é.jpg", "old/b.jpg", "old/c.jpg"]


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with moto_server() as endpoint:
        yield endpoint


def test_objects_without_a_verdict_are_queued_as_s3_events(endpoint: str, tmp_path: Path) -> None:
    session = boto3.Session("AKIDUSER", "secret", region_name=REGION)
    s3, sqs = (session.client(name, endpoint_url=endpoint) for name in ("s3", "sqs"))
    s3.create_bucket(Bucket="selfies", CreateBucketConfiguration={"LocationConstraint": REGION})
    url = sqs.create_queue(QueueName="uploads")["QueueUrl"]
    etags = {key: _put(s3, key, key.encode()) for key in KEYS}
    _tag(s3, KEYS[1], etags[KEYS[1]])
    _tag(s3, KEYS[2], "0" * 32)
    _put(s3, "new/d.jpg", b"d")

    settings = {"UPLOADS_QUEUE_URL": url, "XDG_STATE_HOME": str(tmp_path)}
    command = ["backfill", "s3://selfies/old/", "--yes", "--json"]
    result = command_line.run(endpoint, *command, **settings)
    assert result.returncode == 0, result.stderr
    plan, *_, summary = map(json.loads, result.stdout.splitlines()[1:])
    assert (plan["to_screen"], plan["have_a_verdict"]) == (2, 1)
    assert summary["submitted"] == 2
    refs = [
        ref for body in _receive_bodies(sqs, url) for ref in read_event(body, Filters()).objects
    ]
    submitted = {ref.key: (ref.store, ref.bucket, ref.etag, ref.size) for ref in refs}
    assert submitted == {
        key: ("s3", "selfies", etags[key], len(key.encode())) for key in (KEYS[0], KEYS[2])
    }


def _put(s3: Any, key: str, body: bytes) -> str:
    etag: str = s3.put_object(Bucket="selfies", Key=key, Body=body)["ETag"]
    return etag.strip('"')


def _tag(s3: Any, key: str, etag: str) -> None:
    tags = {"deepfake-verdict": "low_risk", "deepfake-etag": etag}
    pairs = [{"Key": name, "Value": value} for name, value in tags.items()]
    s3.put_object_tagging(Bucket="selfies", Key=key, Tagging={"TagSet": pairs})


def _receive_bodies(sqs: Any, url: str) -> list[str]:
    response = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    return [message["Body"] for message in response["Messages"]]
