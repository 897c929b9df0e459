"""Which records are ours to screen, and why the others are not."""

from __future__ import annotations

import pytest

from facescreen.events.filters import Filters
from facescreen.events.read import read_event
from tests.unit.events.envelopes import (
    batch_job,
    oss_cloud_event,
    oss_record,
    records,
    s3_event_bridge,
    s3_record,
    task,
)

ALL = Filters()


def test_every_record_counts() -> None:
    keys = ["a.jpg", "b.jpg", "c.jpg"]
    for event in (
        {"events": [oss_record(key) for key in keys]},
        [oss_cloud_event(key) for key in keys],
        records(*map(s3_record, keys)),
        batch_job(*map(task, keys)),
    ):
        assert [ref.key for ref in read_event(event, ALL).objects] == keys


@pytest.mark.parametrize("operation", ["PutObject", "PostObject", "CopyObject"])
def test_oss_objects_that_came_to_be(operation: str) -> None:
    for name in (f"ObjectCreated:{operation}", f"oss:ObjectCreated:{operation}"):
        assert read_event({"events": [oss_record(name=name)]}, ALL).objects
        assert read_event(oss_cloud_event() | {"type": name}, ALL).objects


@pytest.mark.parametrize(
    "name",
    [
        "ObjectCreated:InitiateMultipartUpload",
        "ObjectCreated:UploadPart",
        "ObjectCreated:UploadPartCopy",
        "ObjectCreated:AppendObject",
        "ObjectCreated:PutSymlink",
        "ObjectRemoved:DeleteObject",
        "ObjectReplication:ObjectCreated",
        "PutObject",
    ],
)
def test_oss_events_that_leave_no_whole_object(name: str) -> None:
    for event in (
        {"events": [oss_record(name=name)]},
        {"events": [{"eventName": name}]},
        oss_cloud_event() | {"type": f"oss:{name}"},
    ):
        triggered = read_event(event, ALL)
        assert (triggered.objects, triggered.skipped) == ([], {"event": 1})


@pytest.mark.parametrize("way", ["Put", "Post", "Copy", "CompleteMultipartUpload"])
def test_s3_objects_that_came_to_be(way: str) -> None:
    for name in (f"ObjectCreated:{way}", f"s3:ObjectCreated:{way}"):
        assert read_event(records(s3_record(name=name)), ALL).objects


@pytest.mark.parametrize(
    "name",
    [
        "ObjectRemoved:Delete",
        "ObjectRemoved:DeleteMarkerCreated",
        "ObjectRestore:Completed",
        "LifecycleTransition",
        "ObjectTagging:Put",
        "ObjectCreated:PutTagging",
    ],
)
def test_s3_events_without_a_new_object(name: str) -> None:
    triggered = read_event(records(s3_record(name=name), {"eventName": name, "s3": {}}), ALL)
    assert (triggered.objects, triggered.skipped) == ([], {"event": 2})


@pytest.mark.parametrize(
    "kind", ["Object Deleted", "Object Restore Completed", "Object Tags Added"]
)
def test_s3_eventbridge_events_without_a_new_object(kind: str) -> None:
    triggered = read_event(s3_event_bridge(kind=kind), ALL)
    assert (triggered.objects, triggered.skipped) == ([], {"event": 1})


def test_folder_markers() -> None:
    marked = records(s3_record("kyc/", size=0))
    assert read_event(marked, ALL).skipped == {"folder": 1}
    assert read_event({"events": [oss_record("kyc/", size=0)]}, ALL).skipped == {"folder": 1}
    assert read_event(batch_job(task("kyc/")), ALL).skipped == {"folder": 1}


def test_a_file_can_not_pass_for_a_folder_marker() -> None:
    assert read_event(records(s3_record("kyc/", size=1)), ALL).objects
    assert read_event({"events": [oss_record("kyc/", size=1)]}, ALL).objects


@pytest.mark.parametrize(
    ("filters", "reason"),
    [
        (Filters(include_prefixes=("kyc/",)), "prefix"),
        (Filters(exclude_prefixes=("a b",)), "prefix"),
        (Filters(include_suffixes=(".png",)), "suffix"),
        (Filters(exclude_suffixes=(".jpg",)), "suffix"),
        (Filters(max_bytes=8), "size"),
        (Filters(min_bytes=10), "size"),
        (Filters(include_prefixes=("a b",), include_suffixes=(".jpg",), min_bytes=9), ""),
    ],
)
def test_filters_see_the_decoded_key(filters: Filters, reason: str) -> None:
    for event in ({"events": [oss_record("a b.JPG")]}, records(s3_record("a+b.JPG"))):
        triggered = read_event(event, filters)
        assert triggered.skipped == ({reason: 1} if reason else {})
        assert len(triggered.objects) == (0 if reason else 1)


def test_versions_are_kept() -> None:
    event = s3_event_bridge()
    event["detail"]["object"]["version-id"] = "v1"
    for versioned in (
        records(s3_record(versionId="v1")),
        batch_job(task(s3VersionId="v1")),
        event,
    ):
        (ref,) = read_event(versioned, ALL).objects
        assert ref.version_id == "v1"
    (ref,) = read_event(records(s3_record(versionId=None)), ALL).objects
    assert ref.version_id == ""


def test_oss_etags_are_upper_case_and_bare() -> None:
    (ref,) = read_event({"events": [oss_record(eTag='"0aBc-2"')]}, ALL).objects
    assert ref.etag == "0ABC-2"
