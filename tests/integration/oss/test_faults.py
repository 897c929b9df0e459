"""Scripted faults, by the API's operation names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import oss2
import pytest

from facescreen_local.protocol.faults import Behaviour
from tests.integration.oss.conftest import OssCloud
from tests.integration.oss.test_tags import make_tagging, read_tags


@pytest.fixture
def fault(cloud: OssCloud) -> Iterator[Callable[..., None]]:
    def script(**fault: object) -> None:
        cloud.service.behaviour = Behaviour.parse({"faults": [fault]})

    yield script
    cloud.service.behaviour = Behaviour()


def test_a_fault_returns_an_error_code(bucket: Any, fault: Callable[..., None]) -> None:
    bucket.put_object("k", b"bytes")
    fault(operation="HeadObject", code="InternalError")
    with pytest.raises(oss2.exceptions.ServerError) as raised:
        bucket.head_object("k")
    assert (raised.value.status, raised.value.code) == (500, "InternalError")
    assert bucket.head_object("k").content_length == 5


def test_a_fault_after_the_operation_loses_only_the_response(
    bucket: Any, fault: Callable[..., None]
) -> None:
    bucket.put_object("k", b"bytes")
    fault(operation="PutObjectTagging", after=True, reset=True)
    with pytest.raises(oss2.exceptions.RequestError):
        bucket.put_object_tagging("k", make_tagging({"a": "1"}))
    assert read_tags(bucket, "k") == {"a": "1"}
    fault(operation="GetObject", after=True, code="InternalError")
    with pytest.raises(oss2.exceptions.ServerError):
        bucket.get_object("k")
