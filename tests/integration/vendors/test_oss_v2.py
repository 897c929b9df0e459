"""alibabacloud-oss-v2 with both signature versions: every kind of upload is screened."""

from __future__ import annotations

from pathlib import Path

import alibabacloud_oss_v2 as oss
import httpx
import pytest

from tests.integration.vendors import clients
from tests.integration.vendors.clients import Env
from tests.support.cloud_client import LocalCloudClient

PART_SIZE = 100 * 1024
"""The smallest that OSS allows."""
VERDICTS = {"flagged.jpg": "high_risk", "clip.mp4": "low_risk"}
"""Of a photo smaller than a part, and of a larger clip. Without versioning, files that need
conversion are not screened after a multipart upload."""


@pytest.fixture(params=["v1", "v4"])
def client(request: pytest.FixtureRequest, env: Env) -> oss.Client:
    return clients.oss_v2(env, request.param)


@pytest.mark.parametrize("sample", VERDICTS)
def test_an_upload_is_screened(
    client: oss.Client, sample: str, key: str, cloud_client: LocalCloudClient, samples: Path
) -> None:
    photo = samples / sample
    object_name = {"bucket": cloud_client.env["OSS_BUCKET"], "key": key}
    uploader = client.uploader(part_size=PART_SIZE)
    upload = uploader.upload_file(oss.PutObjectRequest(**object_name), str(photo))
    assert (upload.upload_id is not None) == (photo.stat().st_size > PART_SIZE)
    assert cloud_client.wait_for_message(key)["data"]["verdict"] == VERDICTS[sample]
    tags = client.get_object_tagging(oss.GetObjectTaggingRequest(**object_name)).tag_set.tags
    assert {tag.key: tag.value for tag in tags}["deepfake-verdict"] == VERDICTS[sample]
    url = client.presign(oss.GetObjectRequest(**object_name)).url
    assert httpx.get(url).content == photo.read_bytes()
