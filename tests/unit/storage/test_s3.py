"""S3's answers that moto never gives, and the URLs of the real one."""

from __future__ import annotations

import logging
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest

from facescreen import errors
from facescreen.model import ObjectHead, ObjectRef
from facescreen.storage.s3 import S3StateStore, S3Store
from tests.support.stub_aws import StubAws, error_response
from tests.support.stub_server import StubResponse

REF = ObjectRef("s3", "selfies", "kyc/a.jpg")
SSE_C = error_response(
    400,
    "InvalidRequest",
    "The object was stored using a form of Server Side Encryption. The correct parameters must be "
    "provided to retrieve the object.",
)
VERSIONS = b"""<ListVersionsResult><IsTruncated>false</IsTruncated>
<Version><Key>kyc/a.jpg</Key><VersionId>v2</VersionId><IsLatest>true</IsLatest>
<LastModified>2026-11-23T04:05:06.000Z</LastModified><ETag>"e2"</ETag><Size>20</Size></Version>
<Version><Key>kyc/a.jpg</Key><VersionId>v1</VersionId><IsLatest>false</IsLatest>
<LastModified>2026-11-22T04:05:06.000Z</LastModified><ETag>"e1"</ETag><Size>10</Size></Version>
<Version><Key>kyc/a.jpg.bak</Key><VersionId>null</VersionId><IsLatest>true</IsLatest>
<LastModified>2026-11-23T04:05:06.000Z</LastModified><ETag>"e3"</ETag><Size>30</Size></Version>
</ListVersionsResult>"""


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between boto3's tries."""
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda seconds: None)


@pytest.mark.parametrize(
    ("answer", "kind"),
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
def test_errors(answer: StubResponse, kind: type[errors.FacescreenError]) -> None:
    with pytest.raises(errors.FacescreenError) as raised:
        S3Store(StubAws(GetObjectTagging=answer).session).get_tags(REF)
    assert type(raised.value) is kind
    assert "s3cret" not in str(raised.value)


def test_a_proxys_page_is_no_answer() -> None:
    store = S3Store(StubAws(HeadObject=(200, b"<html>")).session)
    with pytest.raises(errors.ServiceUnavailableError):
        store.head(REF)


def test_what_may_not_be_read_may_be_gone() -> None:
    store = S3Store(StubAws(GetObject=error_response(403, "AccessDenied")).session)
    with pytest.raises(errors.AccessDeniedError, match="only to a role with s3:ListBucket"):
        store.read(REF, 0, 1)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (error_response(400, "InvalidTag"), errors.TagsRefusedError),
        (error_response(400, "BadRequest"), errors.TagsRefusedError),
        (error_response(403, "AccessDenied"), errors.AccessDeniedError),
        (error_response(503, "SlowDown"), errors.ServiceUnavailableError),
    ],
)
def test_a_tag_sets_refusal(answer: StubResponse, kind: type[errors.FacescreenError]) -> None:
    with pytest.raises(kind):
        S3Store(StubAws(PutObjectTagging=answer).session).replace_tags(REF, {"a": "b"})


def test_an_empty_tag_set_is_sent() -> None:
    answers = StubAws(PutObjectTagging=(200, b""))
    S3Store(answers.session).replace_tags(REF, {})
    assert b"<TagSet" in answers.requests[0][1].body
    assert b"<Tag>" not in answers.requests[0][1].body


def test_tries_are_few() -> None:
    answers = StubAws(GetObjectTagging=error_response(503, "SlowDown"))
    with pytest.raises(errors.ServiceUnavailableError):
        S3Store(answers.session).get_tags(REF)
    assert len(answers.requests) == 3


@pytest.mark.parametrize(
    ("head", "get", "kind"),
    [
        (400, error_response(400, "ExpiredToken"), errors.CredentialsExpiredError),
        (403, error_response(403, "SignatureDoesNotMatch"), errors.InvalidCredentialsError),
        (404, error_response(404, "NoSuchBucket"), errors.InvalidSettingsError),
        (404, error_response(404, "NoSuchKey"), errors.ObjectNotFoundError),
    ],
)
def test_a_heads_refusal_is_explained_by_a_get(
    head: int, get: StubResponse, kind: type[errors.FacescreenError]
) -> None:
    with pytest.raises(errors.FacescreenError) as raised:
        S3Store(StubAws(HeadObject=(head, b""), GetObject=get).session).head(REF)
    assert type(raised.value) is kind


@pytest.mark.parametrize(
    ("version", "head"),
    [
        ("", ObjectHead("e2", 20, "2026-11-23T04:05:06+00:00", "v2")),
        ("v1", ObjectHead("e1", 10, "2026-11-22T04:05:06+00:00", "v1")),
    ],
)
def test_an_object_under_its_customers_key_has_a_head(version: str, head: ObjectHead) -> None:
    store = S3Store(
        StubAws(HeadObject=(400, b""), GetObject=SSE_C, ListObjectVersions=(200, VERSIONS)).session
    )
    assert store.head(ObjectRef("s3", "selfies", "kyc/a.jpg", version_id=version)) == head


def test_what_was_written_without_versioning_has_no_version() -> None:
    answers = StubAws(HeadObject=(400, b""), GetObject=SSE_C, ListObjectVersions=(200, VERSIONS))
    ref = ObjectRef("s3", "selfies", "kyc/a.jpg.bak")
    assert S3Store(answers.session).head(ref).version_id == ""


def test_an_object_under_its_customers_key_is_the_contents_matter() -> None:
    store = S3Store(StubAws(GetObject=SSE_C).session)
    with pytest.raises(errors.ContentError) as raised:
        store.read(REF, 0, 1)
    assert raised.value.code == "UnreadableEncryption"


def test_an_object_under_its_customers_key_may_be_gone_by_then() -> None:
    answers = StubAws(HeadObject=(400, b""), GetObject=SSE_C, ListObjectVersions=(200, VERSIONS))
    with pytest.raises(errors.ObjectNotFoundError):
        S3Store(answers.session).head(ObjectRef("s3", "selfies", "kyc/"))


@pytest.mark.parametrize(
    "answer",
    [
        error_response(409, "ConditionalRequestConflict"),
        error_response(412, "PreconditionFailed"),
        error_response(404, "NoSuchKey"),
    ],
)
def test_an_append_that_meets_another_is_not_done(answer: StubResponse) -> None:
    state = S3StateStore(StubAws(PutObject=answer).session, bucket="state")
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
def test_a_presigned_url_is_the_regions_own(region: str, bucket: str, url: str) -> None:
    store = S3Store(boto3.Session("ASIAFACESCREEN", "s3cret", "t0ken", region))
    presigned = store.presign(
        ObjectRef("s3", bucket, "kyc/a.jpg", version_id="v1"), 60, convert=False
    )
    assert presigned.partition("?")[0] == url
    query = parse_qs(urlsplit(presigned).query)
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert (query["X-Amz-Expires"], query["versionId"]) == (["60"], ["v1"])
    assert (query["X-Amz-Security-Token"], query["X-Amz-SignedHeaders"]) == (["t0ken"], ["host"])


def test_presigned_urls_lie_where_the_page_may_load_from() -> None:
    store = S3Store(StubAws().session)
    assert store.public_origins == (
        "https://*.s3.eu-central-1.amazonaws.com",
        "https://s3.eu-central-1.amazonaws.com",
    )


def test_no_client_may_shorten_a_presigned_urls_path() -> None:
    url = S3Store(StubAws().session).presign(
        ObjectRef("s3", "selfies", "a//b/../é ~.jpg"), 60, convert=False
    )
    assert urlsplit(url).path == "/a%2F%2Fb%2F..%2F%C3%A9%20~.jpg"


def test_nothing_secret_is_logged(caplog: pytest.LogCaptureFixture) -> None:
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
    for ask in (lambda: store.get_tags(REF), lambda: store.presign(REF, 60, convert=False)):
        with pytest.raises(errors.InvalidCredentialsError, match="needs an execution role"):
            ask()
