"""Our presigned URLs against s3rver (npm), a server that checks signature and expiry."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config

from tests.e2e.aws.configuration import REGION

HERE = Path(__file__).with_name("s3rver")
BUCKET = "selfies"
KEY = "kyc/a+b 100% é漢🙂.jpg"
ITS_KEY = "S3RVER"
"""The only access key ID that it knows, and also its secret."""


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    node = shutil.which("node")
    if not node or not (HERE / "node_modules").is_dir():
        pytest.skip(
            "needs s3rver: install Node.js 20 or newer, and run tests/e2e/aws/s3rver/install"
        )
    folder = tmp_path_factory.mktemp("s3rver")
    with subprocess.Popen(
        [node, HERE / "serve.js", folder, BUCKET], stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout
        port = server.stdout.readline().strip()
        client = boto3.client(
            "s3",
            endpoint_url=f"http://127.0.0.1:{port}",
            region_name=REGION,
            aws_access_key_id=ITS_KEY,
            aws_secret_access_key=ITS_KEY,
            aws_session_token="token",
            config=Config(signature_version="s3v4"),
        )
        client.put_object(Bucket=BUCKET, Key=KEY, Body=b"a face")
        yield client
        server.terminate()


def presign(s3: Any, seconds: int = 60) -> str:
    url: str = s3.generate_presigned_url(
        "get_object", Params={"Bucket": BUCKET, "Key": KEY}, ExpiresIn=seconds
    )
    return url


def test_a_presigned_url_is_accepted(s3: Any) -> None:
    response = httpx.get(presign(s3))
    assert (response.status_code, response.content) == (200, b"a face")


@pytest.mark.parametrize(
    ("part", "other"),
    [
        (".jpg?", ".png?"),
        ("X-Amz-Expires=60", "X-Amz-Expires=61"),
        ("X-Amz-Security-Token=token", "X-Amz-Security-Token=other"),
        ("?", "?versionId=older&"),
        ("X-Amz-Signature=", "X-Amz-Signature=0"),
    ],
)
def test_a_tampered_url_is_refused(s3: Any, part: str, other: str) -> None:
    url = presign(s3)
    assert part in url
    response = httpx.get(url.replace(part, other))
    assert response.status_code == 403
    assert "<Code>SignatureDoesNotMatch</Code>" in response.text


def test_a_url_signed_for_reading_does_not_allow_writing(s3: Any) -> None:
    response = httpx.put(presign(s3), content=b"another face")
    assert response.status_code == 403


def test_an_expired_url_is_refused(s3: Any) -> None:
    # The signing time is cut to a whole second, which may be nearly over.
    url = presign(s3, seconds=4)
    assert httpx.get(url).status_code == 200
    time.sleep(4)
    response = httpx.get(url)
    assert response.status_code == 403
    assert "Request has expired" in response.text
