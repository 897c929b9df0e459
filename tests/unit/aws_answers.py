"""AWS's answers as bytes, for what moto never answers; boto3 reads them as it does real ones."""

from __future__ import annotations

import io
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse
from urllib3 import HTTPResponse

Answer = tuple[int, bytes]
"""Status and body."""


def refused(status: int, code: str, message: str = "") -> Answer:
    """S3's form of an error."""
    text = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return status, text.encode()


class Answers:
    """A session whose requests are answered by operation; no connection is made."""

    def __init__(self, **by_operation: Answer) -> None:
        # After some refusals boto3 asks for the bucket's region.
        self._by_operation = {"HeadBucket": (200, b""), **by_operation}
        self.asked: list[tuple[str, Any]] = []
        """Operations and their requests."""
        self.session = boto3.Session(
            aws_access_key_id="ASIAFACESCREEN",
            aws_secret_access_key="s3cret",
            aws_session_token="t0ken",
            region_name="eu-central-1",
        )
        self.session.events.register("before-send", self._answer)

    def _answer(self, request: Any, event_name: str, **_: object) -> AWSResponse:
        operation = event_name.rpartition(".")[2]
        self.asked.append((operation, request))
        status, body = self._by_operation[operation]
        raw = HTTPResponse(io.BytesIO(body), preload_content=False)
        return AWSResponse(request.url, status, {}, raw)
