"""Scripted faults, by the API's operation names."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import oss2
import pytest

from facescreen_local.protocol.faults import Behaviour
from tests.integration.oss.conftest import OssCloud
from tests.integration.oss.test_tags import make_tagging, read_tags
from tests.support.wait import wait_for


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


@pytest.mark.parametrize(
    "error", [{"code": "InternalError"}, {"code": "QpsLimitExceeded", "status": 503}]
)
def test_an_error_before_the_operation_prevents_it(
    bucket: Any, fault: Callable[..., None], error: dict[str, object]
) -> None:
    bucket.put_object("k", b"bytes")
    fault(operation="PutObjectTagging", **error)
    with pytest.raises(oss2.exceptions.ServerError) as raised:
        bucket.put_object_tagging("k", make_tagging({"a": "1"}))
    assert raised.value.code == error["code"]
    assert read_tags(bucket, "k") == {}


def test_an_append_whose_response_is_lost_has_been_made(
    bucket: Any, fault: Callable[..., None]
) -> None:
    fault(operation="AppendObject", after=True, reset=True)
    with pytest.raises(oss2.exceptions.RequestError):
        bucket.append_object("log", 0, b"once")
    with pytest.raises(oss2.exceptions.PositionNotEqualToLength) as raised:
        bucket.append_object("log", 0, b"once")
    assert raised.value.next_position == 4


@pytest.mark.parametrize("operation", ["PutObjectTagging", "AppendObject", "PutObject"])
@pytest.mark.parametrize("lateness", [{"late_s": 0.3}, {"hang_s": 0.5}])
def test_a_late_request_lands_after_its_client_gave_up(
    cloud: OssCloud,
    bucket: Any,
    fault: Callable[..., None],
    operation: str,
    lateness: dict[str, float],
) -> None:
    """A newer request can be overtaken by an older one whose client no longer waits."""
    bucket.put_object("k", b"before")
    bucket.timeout = 0.2
    fault(operation=operation, **lateness)
    with pytest.raises(oss2.exceptions.RequestError):
        _request(bucket, operation)
    assert not _has_landed(bucket)
    assert cloud.service.late_call_count == ("late_s" in lateness)
    bucket.timeout = 10
    wait_for(lambda: _has_landed(bucket), "the late request")
    wait_for(lambda: not cloud.service.late_call_count, "no late request left")


def _request(bucket: Any, operation: str) -> None:
    requests = {
        "PutObjectTagging": lambda: bucket.put_object_tagging("k", make_tagging({"a": "late"})),
        "AppendObject": lambda: bucket.append_object("log", 0, b"late"),
        "PutObject": lambda: bucket.put_object("k", b"late"),
    }
    requests[operation]()


def _has_landed(bucket: Any) -> bool:
    return (
        read_tags(bucket, "k") == {"a": "late"}
        or bucket.object_exists("log")
        or bucket.get_object("k").read() == b"late"
    )


def test_a_fault_acts_on_the_objects_that_its_path_names(
    bucket: Any, fault: Callable[..., None], cloud: OssCloud
) -> None:
    bucket.put_object("in/é 1", b"bytes")
    bucket.put_object("out", b"bytes")
    cloud.service.injected_faults.clear()
    fault(path=f"/{bucket.bucket_name}/in/é*", code="InternalError")
    assert bucket.head_object("out").content_length == 5
    with pytest.raises(oss2.exceptions.ServerError):
        bucket.head_object("in/é 1")
    [injected] = cloud.service.injected_faults
    assert abs(time.time() - injected.at) < 60
    assert (injected.operation, injected.path) == (
        "HeadObject",
        f"/{bucket.bucket_name}/in/é 1",
    )
    assert injected.fault.code == "InternalError"
