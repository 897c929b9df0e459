"""The operation that a request asks for."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest
from aiohttp import web
from multidict import CIMultiDict

from tests.integration.oss.conftest import OssCloud

COPY_SOURCE = {"X-Oss-Copy-Source": "/a/b"}


@pytest.mark.parametrize(
    ("request_line", "headers", "name"),
    [
        ("GET /", {}, "ListBuckets"),
        ("GET /b", {}, "ListObjects"),
        ("GET /b/", {}, "ListObjects"),
        ("GET /b?prefix=a&list-type=2", {}, "ListObjectsV2"),
        ("GET /b?list-type=1", {}, "ListObjects"),
        ("GET /b?uploads&list-type=2", {}, "ListMultipartUploads"),
        ("GET /b/k?list-type=2", {}, "GetObject"),
        ("PUT /b/k", {}, "PutObject"),
        ("PUT /b/k", COPY_SOURCE, "CopyObject"),
        ("PUT /b", COPY_SOURCE, "PutBucket"),
        ("PUT /b/k?uploadId=1&partNumber=1", {}, "UploadPart"),
        ("PUT /b/k?uploadId=1&partNumber=1", COPY_SOURCE, "UploadPartCopy"),
        ("PUT /b/k?tagging", COPY_SOURCE, "PutObjectTagging"),
        ("GET /b/k?objectMeta", {}, "GetObjectMeta"),
        ("HEAD /b/k?objectMeta", {}, "GetObjectMeta"),
        ("PUT /b/k?restore", {}, "PUT?restore"),
        ("PATCH /b", {}, "PATCH"),
    ],
)
def test_a_request_is_matched_to_its_operation(
    cloud: OssCloud, request_line: str, headers: dict[str, str], name: str
) -> None:
    method, _, raw_path = request_line.partition(" ")
    request = SimpleNamespace(method=method, raw_path=raw_path, headers=CIMultiDict(headers))
    assert cloud.service.get_operation_name(cast("web.BaseRequest", request)) == name
