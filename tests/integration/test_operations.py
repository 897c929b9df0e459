"""How the local services find an operation, which is one decorated function."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

import pytest
from aiohttp import web

from facescreen_local.protocol.operations import Operations, import_operations, to_resource_pattern

REGISTRY = """
from facescreen_local.protocol.operations import Operations

OPERATIONS = Operations()
"""
ADDED = """
from added_operations import OPERATIONS

@OPERATIONS.register("GET", "/bucket", "cors", name="GetBucketCors")
async def get_bucket_cors(context):
    ...
"""


async def perform(context: str) -> web.Response:
    return web.Response(text=context)


@pytest.fixture
def operations() -> Operations[str]:
    operations: Operations[str] = Operations()
    operations.register("PUT", "/queues/*", name="CreateQueue")(perform)
    operations.register("PUT", "/topics/*", name="CreateTopic")(perform)
    operations.register("PUT", "/queues/*", "metaoverride", name="SetQueueAttributes")(perform)
    return operations


def test_a_function_can_serve_several_operations(operations: Operations[str]) -> None:
    operations_found = [operations.find("PUT", resource) for resource in ("/queues/*", "/topics/*")]
    assert [one and one.name for one in operations_found] == ["CreateQueue", "CreateTopic"]
    assert {one and one.perform for one in operations_found} == {perform}


def test_an_unknown_operation_is_not_found(operations: Operations[str]) -> None:
    assert operations.find("GET", "/queues/*") is None
    assert operations.find("PUT", "/queues/*", "peekonly") is None


def test_two_operations_can_not_have_the_same_request(operations: Operations[str]) -> None:
    with pytest.raises(ValueError, match=r"OpenQueue: \('PUT', '/queues/\*', ''\) is CreateQueue"):
        operations.register("PUT", "/queues/*", name="OpenQueue")(perform)


def test_a_new_module_is_loaded_automatically(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "added_operations"
    folder.mkdir()
    (folder / "__init__.py").write_text(REGISTRY)
    (folder / "cors.py").write_text(ADDED)
    monkeypatch.syspath_prepend(tmp_path)
    package = import_module("added_operations")
    import_operations(package)
    for module in ("added_operations", "added_operations.cors"):
        monkeypatch.delitem(sys.modules, module)
    assert package.OPERATIONS.find("GET", "/bucket", "cors").name == "GetBucketCors"


def test_subresources_come_from_the_operations(operations: Operations[str]) -> None:
    assert operations.subresources == {"metaoverride"}


@pytest.mark.parametrize(
    ("path", "resource"),
    [
        ("/", "/"),
        ("/queues", "/queues"),
        ("/queues/", "/queues/"),
        ("/queues/a/messages", "/queues/*/messages"),
        ("/queues/a//messages", "/queues/*//*"),
        ("/topics/a/subscriptions/b", "/topics/*/subscriptions/*"),
        ("", ""),
    ],
)
def test_every_second_part_of_a_path_is_a_name(path: str, resource: str) -> None:
    assert to_resource_pattern(path) == resource
