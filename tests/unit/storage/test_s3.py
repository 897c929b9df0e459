"""S3's responses that moto never sends, and presigned URLs as S3 has them."""

from __future__ import annotations

import logging
from datetime import datetime, timezone
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest

from facescreen import errors
from facescreen.model import ObjectHead, ObjectRef
from facescreen.storage.s3 import S3StateStore, S3Store
from tests.support.stub_aws import StubAws, error_response
from tests.support.stub_server import StubResponse

REF = ObjectRef("s3", "selfies", "kyc/a.jpg")
SSE_C_REFUSAL = error_response(
    400,
    "InvalidRequest",
    "The object was stored using a form of Server Side Encryption. The correct parameters must be "
    "provided to retrieve the object.",
)
VERSION_LISTING = b"""<ListVersionsResult><IsTruncated>false</IsTruncated>
<Version><Key>kyc/a.jpg</Key><VersionId>v2</VersionId><IsLatest>true</IsLatest>
<LastModified>2026-11-23T04:05:06.789Z</LastModified><ETag>"e2"</ETag><Size>20</Size></Version>
<Version><Key>kyc/a.jpg</Key><VersionId>v1</VersionId><IsLatest>false</IsLatest>
<LastModified>2026-11-22T04:05:06.000Z</LastModified><ETag>"e1"</ETag><Size>10</Size></Version>
<Version><Key>kyc/a.jpg.bak</Key><VersionId>null</VersionId><IsLatest>true</IsLatest>
<LastModified>2026-11-23T04:05:06.000Z</LastModified><ETag>"e3"</ETag><Size>30</Size></Version>
</ListVersionsResult>"""


def utc(day: int, hour: int, minute: int, second: int) -> datetime:
    """A time in November 2026."""
    return datetime(2026, 11, day, hour, minute, second, tzinfo=timezone.utc)


@pytest.fixture(autouse=True)
def no_retry_delays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Skip the delays between boto3's retries."""
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda seconds: None)


@pytest.mark.parametrize(
    ("response", "error_class"),
    [
        (error_response(403, "AccessDenied"), errors.AccessDeniedError),
        (error_response(403, "AllAccessDisabled"), errors.AccessDeniedError),
        (error_response(403, "InvalidAccessKeyId"), errors.InvalidCredentialsError),
        (error_response(403, "SignatureDoesNotMatch"), errors.InvalidCredentialsError),
        (error_response(400, "ExpiredToken"), errors.CredentialsExpiredError),
        (error_response(403, "RequestTimeTooSkewed"), errors.CredentialsExpiredError),
        (error_response(503, "SlowDown"), errors.ServiceUnavailableError),
        (error_response(500, "InternalError"), errors.ServiceUnavailableError),
        (error_response(400, "RequestTimeout"), errors.ServiceUnavailableError),
        (error_response(409, "OperationAborted"), errors.ServiceUnavailableError),
        (error_response(404, "NoSuchKey"), errors.ObjectNotFoundError),
        (error_response(404, "NoSuchVersion"), errors.ObjectNotFoundError),
        (error_response(405, "MethodNotAllowed"), errors.ObjectNotFoundError),
        (error_response(404, "NoSuchBucket"), errors.InvalidSettingsError),
        (error_response(412, "PreconditionFailed"), errors.ObjectChangedError),
        (error_response(400, "InvalidArgument"), errors.RequestRejectedError),
        ((200, b"not XML"), errors.ServiceUnavailableError),
    ],
)
def test_error_responses_are_mapped_to_error_classes(
    response: StubResponse, error_class: type[errors.FacescreenError]
) -> None:
    with pytest.raises(errors.FacescreenError) as raised:
        S3Store(StubAws(GetObjectTagging=response).session).get_tags(REF)
    assert type(raised.value) is error_class
    assert "s3cret" not in str(raised.value)


def test_a_proxys_html_page_is_not_a_response() -> None:
    store = S3Store(StubAws(HeadObject=(200, b"<html>")).session)
    with pytest.raises(errors.ServiceUnavailableError):
        store.head(REF)


def test_a_denied_read_may_mean_a_missing_object() -> None:
    store = S3Store(StubAws(GetObject=error_response(403, "AccessDenied")).session)
    with pytest.raises(errors.AccessDeniedError, match="only to a role with s3:ListBucket"):
        store.read(REF, 0, 1)


@pytest.mark.parametrize(
    ("response", "error_class"),
    [
        (error_response(400, "InvalidTag"), errors.TagsRefusedError),
        (error_response(400, "BadRequest"), errors.TagsRefusedError),
        (error_response(409, "Conflict"), errors.TagsRefusedError),
        (error_response(409, "OperationAborted"), errors.ServiceUnavailableError),
        (error_response(403, "AccessDenied"), errors.AccessDeniedError),
        (error_response(503, "SlowDown"), errors.ServiceUnavailableError),
    ],
)
def test_error_responses_to_tagging_are_mapped_to_error_classes(
    response: StubResponse, error_class: type[errors.FacescreenError]
) -> None:
    with pytest.raises(error_class):
        S3Store(StubAws(PutObjectTagging=response).session).replace_tags(REF, {"a": "b"})


def test_an_empty_tag_set_is_sent() -> None:
    stub = StubAws(PutObjectTagging=(200, b""))
    S3Store(stub.session).replace_tags(REF, {})
    assert b"<TagSet" in stub.requests[0][1].body
    assert b"<Tag>" not in stub.requests[0][1].body


def test_a_request_is_tried_three_times() -> None:
    stub = StubAws(GetObjectTagging=error_response(503, "SlowDown"))
    with pytest.raises(errors.ServiceUnavailableError):
        S3Store(stub.session).get_tags(REF)
    assert len(stub.requests) == 3


@pytest.mark.parametrize(
    ("head_status", "get_response", "error_class"),
    [
        (400, error_response(400, "ExpiredToken"), errors.CredentialsExpiredError),
        (403, error_response(403, "SignatureDoesNotMatch"), errors.InvalidCredentialsError),
        (404, error_response(404, "NoSuchBucket"), errors.InvalidSettingsError),
        (404, error_response(404, "NoSuchKey"), errors.ObjectNotFoundError),
    ],
)
def test_an_error_of_head_object_is_explained_by_get_object(
    head_status: int, get_response: StubResponse, error_class: type[errors.FacescreenError]
) -> None:
    with pytest.raises(errors.FacescreenError) as raised:
        S3Store(StubAws(HeadObject=(head_status, b""), GetObject=get_response).session).head(REF)
    assert type(raised.value) is error_class


@pytest.mark.parametrize(
    ("version", "head"),
    [
        ("", ObjectHead("e2", 20, utc(23, 4, 5, 6), utc(23, 4, 5, 9), "v2")),
        ("v1", ObjectHead("e1", 10, utc(22, 4, 5, 6), utc(23, 4, 5, 9), "v1")),
    ],
)
def test_the_head_of_an_sse_c_object_is_read_from_the_listing(
    version: str, head: ObjectHead
) -> None:
    store = S3Store(
        StubAws(
            HeadObject=(400, b""),
            GetObject=SSE_C_REFUSAL,
            ListObjectVersions=(200, VERSION_LISTING),
        ).session
    )
    assert store.head(ObjectRef("s3", "selfies", "kyc/a.jpg", version_id=version)) == head


def test_the_null_version_of_an_sse_c_object_has_no_version_id() -> None:
    stub = StubAws(
        HeadObject=(400, b""), GetObject=SSE_C_REFUSAL, ListObjectVersions=(200, VERSION_LISTING)
    )
    ref = ObjectRef("s3", "selfies", "kyc/a.jpg.bak")
    assert S3Store(stub.session).head(ref).version_id == ""


def test_an_sse_c_object_is_unreadable() -> None:
    store = S3Store(StubAws(GetObject=SSE_C_REFUSAL).session)
    for operation in (lambda: store.read(REF, 0, 1), lambda: store.fetch(REF, 10)):
        with pytest.raises(errors.ContentError) as raised:
            operation()
        assert raised.value.code == "UnreadableEncryption"


def test_the_null_version_is_listed() -> None:
    stub = StubAws(ListObjectVersions=(200, VERSION_LISTING))
    (version,) = S3Store(stub.session).list_versions(ObjectRef("s3", "selfies", "kyc/a.jpg.bak"))
    assert version.version_id == "null"


def test_an_sse_c_object_missing_from_the_listing_is_not_found() -> None:
    stub = StubAws(
        HeadObject=(400, b""), GetObject=SSE_C_REFUSAL, ListObjectVersions=(200, VERSION_LISTING)
    )
    with pytest.raises(errors.ObjectNotFoundError):
        S3Store(stub.session).head(ObjectRef("s3", "selfies", "kyc/"))


@pytest.mark.parametrize(
    "response",
    [
        error_response(409, "ConditionalRequestConflict"),
        error_response(412, "PreconditionFailed"),
        error_response(404, "NoSuchKey"),
    ],
)
def test_an_append_that_conflicts_with_another_returns_false(response: StubResponse) -> None:
    state = S3StateStore(StubAws(PutObject=response).session, bucket="state")
    assert not state.append("ledger/a", 0, b"x")


@pytest.mark.parametrize(
    ("region", "bucket", "url"),
    [
        ("eu-central-1", "selfies", "https://selfies.s3.eu-central-1.amazonaws.com/kyc/a.jpg"),
        ("us-east-1", "selfies", "https://selfies.s3.us-east-1.amazonaws.com/kyc/a.jpg"),
        (
            "eu-central-1",
            "my.selfies",
            "https://s3.eu-central-1.amazonaws.com/my.selfies/kyc/a.jpg",
        ),
    ],
)
def test_a_presigned_url_has_the_regional_host(region: str, bucket: str, url: str) -> None:
    store = S3Store(boto3.Session("ASIAFACESCREEN", "s3cret", "t0ken", region))
    presigned = store.presign(
        ObjectRef("s3", bucket, "kyc/a.jpg", version_id="v1"), 60, convert=False
    )
    assert presigned.partition("?")[0] == url
    query = parse_qs(urlsplit(presigned).query)
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert (query["X-Amz-Expires"], query["versionId"]) == (["60"], ["v1"])
    assert (query["X-Amz-Security-Token"], query["X-Amz-SignedHeaders"]) == (["t0ken"], ["host"])


def test_the_public_origins_cover_presigned_urls() -> None:
    store = S3Store(StubAws().session)
    assert store.public_origins == (
        "https://*.s3.eu-central-1.amazonaws.com",
        "https://s3.eu-central-1.amazonaws.com",
    )


def test_the_path_of_a_presigned_url_cannot_be_normalized_by_clients() -> None:
    url = S3Store(StubAws().session).presign(
        ObjectRef("s3", "selfies", "a//b/../é ~.jpg"), 60, convert=False
    )
    assert urlsplit(url).path == "/a%2F%2Fb%2F..%2F%C3%A9%20~.jpg"


def test_no_secret_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    store = S3Store(StubAws(GetObjectTagging=error_response(403, "AccessDenied")).session)
    store.presign(REF, 60, convert=False)
    with pytest.raises(errors.AccessDeniedError):
        store.get_tags(REF)
    for secret in ("t0ken", "s3cret", "Signature"):
        assert secret not in caplog.text


def test_without_credentials_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    store = S3Store(boto3.Session(region_name="eu-central-1"))
    for request in (lambda: store.get_tags(REF), lambda: store.presign(REF, 60, convert=False)):
        with pytest.raises(errors.InvalidCredentialsError, match="needs an execution role"):
            request()
