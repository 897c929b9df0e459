"""Fixed AWS responses that moto never sends, as bytes; boto3 parses them like real ones."""

from __future__ import annotations

import io
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse
from urllib3 import HTTPResponse

from tests.support.stub_server import StubResponse

RESPONSE_DATE = "Mon, 23 Nov 2026 04:05:09 GMT"
"""The Date of every response."""


def error_response(status: int, code: str, message: str = "") -> StubResponse:
    """An error response of S3."""
    body = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return status, body.encode()


class StubAws:
    """A boto3 session with a fixed response for each operation; no connection is made."""

    def __init__(self, **by_operation: StubResponse) -> None:
        # After some errors boto3 asks for the bucket's region.
        self._by_operation = {"HeadBucket": (200, b""), **by_operation}
        self.requests: list[tuple[str, Any]] = []
        """Each request as operation and request."""
        self.session = boto3.Session(
            aws_access_key_id="ASIAFACESCREEN",
            aws_secret_access_key="s3cret",
            aws_session_token="t0ken",
            region_name="eu-central-1",
        )
        self.session.events.register("before-send", self._respond)

    def _respond(self, request: Any, event_name: str, **_: object) -> AWSResponse:
        operation = event_name.rpartition(".")[2]
        self.requests.append((operation, request))
        status, body = self._by_operation[operation]
        raw = HTTPResponse(io.BytesIO(body), preload_content=False)
        return AWSResponse(request.url, status, {"date": RESPONSE_DATE}, raw)
