"""Which operation a request asks for, and how a new one is found."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from aiohttp import web
from multidict import CIMultiDict

from facescreen_local.protocol.operations import Operations, load
from tests.integration.oss.conftest import Cloud

COPIED = {"X-Oss-Copy-Source": "/a/b"}
REGISTRY = """
from facescreen_local.protocol.operations import Operations

OPERATIONS = Operations()
"""
ADDED = """
from added_operations import OPERATIONS

@OPERATIONS.add("GET", "/bucket", "cors", name="GetBucketCors")
async def get_bucket_cors(context):
    ...
"""


@pytest.mark.parametrize(
    ("asked", "headers", "name"),
    [
        ("GET /", {}, "ListBuckets"),
        ("GET /b", {}, "ListObjects"),
        ("GET /b/", {}, "ListObjects"),
        ("GET /b?prefix=a&list-type=2", {}, "ListObjectsV2"),
        ("GET /b?list-type=1", {}, "ListObjects"),
        ("GET /b?uploads&list-type=2", {}, "ListMultipartUploads"),
        ("GET /b/k?list-type=2", {}, "GetObject"),
        ("PUT /b/k", {}, "PutObject"),
        ("PUT /b/k", COPIED, "CopyObject"),
        ("PUT /b", COPIED, "PutBucket"),
        ("PUT /b/k?uploadId=1&partNumber=1", {}, "UploadPart"),
        ("PUT /b/k?uploadId=1&partNumber=1", COPIED, "UploadPartCopy"),
        ("PUT /b/k?tagging", COPIED, "PutObjectTagging"),
        ("GET /b/k?objectMeta", {}, "GetObjectMeta"),
        ("HEAD /b/k?objectMeta", {}, "GetObjectMeta"),
        ("PUT /b/k?restore", {}, "PUT?restore"),
        ("PATCH /b", {}, "PATCH"),
    ],
)
def test_what_is_asked(cloud: Cloud, asked: str, headers: dict[str, str], name: str) -> None:
    method, _, raw_path = asked.partition(" ")
    request = SimpleNamespace(method=method, raw_path=raw_path, headers=CIMultiDict(headers))
    assert cloud.service.operation(cast("web.BaseRequest", request)) == name


def test_a_new_file_is_found_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "added_operations"
    folder.mkdir()
    (folder / "__init__.py").write_text(REGISTRY)
    (folder / "cors.py").write_text(ADDED)
    monkeypatch.syspath_prepend(tmp_path)
    package = import_module("added_operations")
    load(package)
    for module in ("added_operations", "added_operations.cors"):
        monkeypatch.delitem(sys.modules, module)
    assert package.OPERATIONS.find("GET", "/bucket", "cors").name == "GetBucketCors"


def test_a_request_is_for_one_operation() -> None:
    operations: Operations[object] = Operations()

    async def perform(_: object) -> web.Response:
        return web.Response()

    operations.add("GET", "/bucket", "cors", name="GetBucketCors")(perform)
    with pytest.raises(ValueError, match="is GetBucketCors already"):
        operations.add("GET", "/bucket", "cors", name="Another")(perform)
