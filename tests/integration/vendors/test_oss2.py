"""oss2 with both signature versions: every kind of upload is screened."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import oss2
import pytest

from tests.integration.vendors import clients
from tests.integration.vendors.clients import Env
from tests.support.cloud_client import LocalCloudClient


@pytest.fixture(params=["v1", "v4"])
def bucket(request: pytest.FixtureRequest, env: Env) -> Any:
    return clients.oss2_bucket(env, request.param)


def put(bucket: Any, key: str, photo: Path) -> None:
    bucket.put_object_from_file(key, str(photo))


def put_in_parts(bucket: Any, key: str, photo: Path) -> None:
    upload = bucket.init_multipart_upload(key).upload_id
    part = bucket.upload_part(key, upload, 1, photo.read_bytes())
    bucket.complete_multipart_upload(key, upload, [oss2.models.PartInfo(1, part.etag)])


def put_by_url(bucket: Any, key: str, photo: Path) -> None:
    url = bucket.sign_url("PUT", key, 60)
    httpx.put(url, content=photo.read_bytes()).raise_for_status()


@pytest.mark.parametrize("upload", [put, put_in_parts, put_by_url])
def test_an_upload_is_screened(
    bucket: Any, upload: Any, key: str, cloud_client: LocalCloudClient, samples: Path
) -> None:
    photo = samples / "flagged.jpg"
    upload(bucket, key, photo)
    assert cloud_client.wait_for_message(key)["data"]["verdict"] == "high_risk"
    tags = bucket.get_object_tagging(key).tag_set.tagging_rule
    assert tags["deepfake-verdict"] == "high_risk"
    assert tags["deepfake-etag"] == bucket.head_object(key).etag
    assert httpx.get(bucket.sign_url("GET", key, 60)).content == photo.read_bytes()
