"""Which records are screened, and why the others are skipped."""

from __future__ import annotations

import pytest

from facescreen.events.filters import Filters
from facescreen.events.read import read_event
from tests.unit.events.envelopes import (
    ETAG,
    batch_job,
    oss_cloud_event,
    oss_record,
    records,
    s3_event_bridge,
    s3_record,
    task,
)

NO_FILTERS = Filters()


def test_every_record_of_an_event_is_read() -> None:
    keys = ["a.jpg", "b.jpg", "c.jpg"]
    for event in (
        {"events": [oss_record(key) for key in keys]},
        [oss_cloud_event(key) for key in keys],
        records(*map(s3_record, keys)),
        batch_job(*map(task, keys)),
    ):
        assert [ref.key for ref in read_event(event, NO_FILTERS).objects] == keys


@pytest.mark.parametrize(
    "event_name",
    [
        "ObjectCreated:PutObject",
        "ObjectCreated:PostObject",
        "ObjectCreated:CopyObject",
        "ObjectCreated:CompleteMultipartUpload",
        "ObjectCreated:AppendObject",
        "ObjectCreated:PutSymlink",
        "ObjectReplication:ObjectCreated",
        "ObjectReplication:ObjectModified",
    ],
)
def test_oss_events_that_change_what_readers_get_are_screened(event_name: str) -> None:
    for name in (event_name, f"oss:{event_name}"):
        assert read_event({"events": [oss_record(name=name)]}, NO_FILTERS).objects
        assert read_event(oss_cloud_event() | {"type": name}, NO_FILTERS).objects


@pytest.mark.parametrize("key", ["link", "kyc/"])
def test_a_symlink_is_screened_whatever_its_own_etag_and_size(key: str) -> None:
    """Its readers get the target's bytes."""
    filters = Filters(min_bytes=1000, max_bytes=2000)
    name = "ObjectCreated:PutSymlink"
    for event in (
        {"events": [oss_record(key, name, size=0)]},
        oss_cloud_event(key) | {"type": f"oss:{name}"},
    ):
        (ref,) = read_event(event, filters).objects
        assert (ref.key, ref.etag, ref.size) == (key, "", None)


@pytest.mark.parametrize(
    "name",
    [
        "ObjectCreated:InitiateMultipartUpload",
        "ObjectCreated:UploadPart",
        "ObjectCreated:UploadPartCopy",
        "ObjectModified:UpdateObjectMeta",
        "ObjectRemoved:DeleteObject",
        "ObjectRemoved:DeleteObjects",
        "ObjectReplication:ObjectRemoved",
        "PutObject",
    ],
)
def test_other_oss_events_are_skipped(name: str) -> None:
    for event in (
        {"events": [oss_record(name=name)]},
        {"events": [{"eventName": name}]},
        oss_cloud_event() | {"type": f"oss:{name}"},
    ):
        parsed_event = read_event(event, NO_FILTERS)
        assert (parsed_event.objects, parsed_event.skip_counts) == ([], {"event": 1})


@pytest.mark.parametrize("operation", ["Put", "Post", "Copy", "CompleteMultipartUpload"])
def test_s3_events_of_new_objects_are_screened(operation: str) -> None:
    for name in (f"ObjectCreated:{operation}", f"s3:ObjectCreated:{operation}"):
        assert read_event(records(s3_record(name=name)), NO_FILTERS).objects


@pytest.mark.parametrize(
    "name",
    [
        "ObjectRemoved:Delete",
        "ObjectRemoved:DeleteMarkerCreated",
        "ObjectRestore:Completed",
        "ObjectAcl:Put",
        "LifecycleTransition",
        "ObjectTagging:Put",
        "ObjectCreated:PutTagging",
    ],
)
def test_other_s3_events_are_skipped(name: str) -> None:
    parsed_event = read_event(
        records(s3_record(name=name), {"eventName": name, "s3": {}}), NO_FILTERS
    )
    assert (parsed_event.objects, parsed_event.skip_counts) == ([], {"event": 2})


@pytest.mark.parametrize(
    "detail_type", ["Object Deleted", "Object Restore Completed", "Object Tags Added"]
)
def test_other_s3_events_by_eventbridge_are_skipped(detail_type: str) -> None:
    parsed_event = read_event(s3_event_bridge(detail_type=detail_type), NO_FILTERS)
    assert (parsed_event.objects, parsed_event.skip_counts) == ([], {"event": 1})


def test_folder_markers_are_skipped() -> None:
    folder_event = records(s3_record("kyc/", size=0))
    assert read_event(folder_event, NO_FILTERS).skip_counts == {"folder": 1}
    assert read_event({"events": [oss_record("kyc/", size=0)]}, NO_FILTERS).skip_counts == {
        "folder": 1
    }
    assert read_event(batch_job(task("kyc/")), NO_FILTERS).skip_counts == {"folder": 1}


def test_an_object_with_bytes_is_not_a_folder_marker() -> None:
    assert read_event(records(s3_record("kyc/", size=1)), NO_FILTERS).objects
    assert read_event({"events": [oss_record("kyc/", size=1)]}, NO_FILTERS).objects


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
def test_filters_use_the_decoded_key(filters: Filters, reason: str) -> None:
    for event in ({"events": [oss_record("a b.JPG")]}, records(s3_record("a+b.JPG"))):
        parsed_event = read_event(event, filters)
        assert parsed_event.skip_counts == ({reason: 1} if reason else {})
        assert len(parsed_event.objects) == (0 if reason else 1)


def test_version_ids_are_read() -> None:
    event = s3_event_bridge()
    event["detail"]["object"]["version-id"] = "v1"
    for versioned_event in (
        records(s3_record(versionId="v1")),
        batch_job(task(s3VersionId="v1")),
        event,
    ):
        (ref,) = read_event(versioned_event, NO_FILTERS).objects
        assert ref.version_id == "v1"
    (ref,) = read_event(records(s3_record(versionId=None)), NO_FILTERS).objects
    assert ref.version_id == ""


def test_oss_etags_are_normalized_to_upper_case_without_quotes() -> None:
    (ref,) = read_event({"events": [oss_record(eTag='"0aBc-2"')]}, NO_FILTERS).objects
    assert ref.etag == "0ABC-2"


def test_an_etag_in_quotes_is_read_without_them() -> None:
    """As some S3-compatible stores send it. With quotes it would be that of other bytes."""
    event = s3_event_bridge()
    event["detail"]["object"]["etag"] = f'"{ETAG}"'
    for quoted in (event, records(s3_record(eTag=f'"{ETAG}"'))):
        (ref,) = read_event(quoted, NO_FILTERS).objects
        assert ref.etag == ETAG
