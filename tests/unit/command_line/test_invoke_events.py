"""An event built from an ObjectRef is read back as the same ObjectRef, for any key."""

from __future__ import annotations

import json

import boto3
import pytest
from click import UsageError
from hypothesis import given
from hypothesis import strategies as st

from facescreen import errors
from facescreen.bus.sqs import SqsInvoker
from facescreen.clients.credentials import Credentials
from facescreen.events.build import build_event
from facescreen.events.filters import Filters
from facescreen.events.read import read_event
from facescreen.model import ObjectRef, ObjectType
from facescreen_cli.environment import Environment
from facescreen_cli.sdk.invoker import connect_invoker

KEYS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=300).filter(
    lambda key: len(key.encode()) <= 1023
)
SIZES = st.none() | st.integers(1, 2**40)
TIMES = st.sampled_from(["", "2026-11-23T04:05:06.000Z"])


@st.composite
def object_refs(draw: st.DrawFn) -> ObjectRef:
    store = draw(st.sampled_from(["oss", "s3"]))
    etag = draw(st.sampled_from(["", "688A7BF4F233DC9C88A80BF985AB7329", "0123456789ABCDEF-2"]))
    return ObjectRef(
        store,
        "selfies",
        draw(KEYS),
        etag if store == "oss" else etag.lower(),
        "" if store == "oss" else draw(st.sampled_from(["", "3sL4kqtJlcpXroDTDmJ+rmSpXd3d"])),
        draw(SIZES),
        draw(TIMES),
    )


REFS = object_refs().filter(lambda ref: not ref.is_folder_marker)


@given(REFS)
def test_the_function_reads_the_same_object_from_the_event(ref: ObjectRef) -> None:
    event = build_event(ref)
    payload = event if ref.store == "oss" else json.loads(event)
    assert read_event(payload, Filters()).objects == [ref]
    assert event.isascii()


@pytest.mark.parametrize("object_type", [ObjectType.SYMLINK, ObjectType.APPENDABLE])
def test_the_event_of_an_object_that_can_not_be_pinned_names_no_bytes(
    object_type: ObjectType,
) -> None:
    """The object may have another ETag and size by then, and a symlink shows its target's."""
    names = {ObjectType.SYMLINK: "PutSymlink", ObjectType.APPENDABLE: "AppendObject"}
    event = build_event(ObjectRef("oss", "selfies", "kyc/", "E" * 32, size=0), object_type)
    [record] = json.loads(event)["events"]
    assert record["eventName"] == f"ObjectCreated:{names[object_type]}"
    assert "eTag" not in record["oss"]["object"]
    objects = read_event(event, Filters(min_bytes=9)).objects
    assert objects == (
        [ObjectRef("oss", "selfies", "kyc/")] if object_type is ObjectType.SYMLINK else []
    )


@given(REFS.filter(lambda ref: ref.store == "s3"))
def test_the_function_reads_the_same_object_from_a_queue_message(ref: ObjectRef) -> None:
    record = {"messageId": "1", "body": build_event(ref).decode(), "attributes": _SQS_ATTRIBUTES}
    assert read_event({"Records": [record]}, Filters()).objects == [ref]


_SQS_ATTRIBUTES = {"ApproximateReceiveCount": "1"}


@pytest.mark.parametrize(
    ("store", "environment", "setting"),
    [
        ("oss", {"FC_FUNCTION": "a/b"}, "FC_FUNCTION"),
        ("oss", {"FC_ENDPOINT": "http://fc.example"}, "FC_ENDPOINT"),
        ("oss", {"FC_SERVICE": "face"}, "ALIBABA_CLOUD_ACCOUNT_ID"),
        ("s3", {}, "UPLOADS_QUEUE_URL"),
        ("s3", {"UPLOADS_QUEUE_URL": "http://queue.example/a"}, "UPLOADS_QUEUE_URL"),
    ],
)
def test_an_invalid_setting_is_named(store: str, environment: dict[str, str], setting: str) -> None:
    with pytest.raises(UsageError, match=setting):
        connect_invoker(store, Environment(environment), Credentials("a", "b"))


def test_a_payload_that_is_not_utf_8_is_refused() -> None:
    session = boto3.Session("a", "b", region_name="ap-southeast-1")
    with pytest.raises(errors.RequestRejectedError, match="UTF-8"):
        SqsInvoker(session, queue_url="https://queue.example/a").submit(b"\xff")
