"""What S3 is sent of conditions and access lists, which moto does not keep to."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from facescreen import errors
from facescreen.model import ObjectRef
from facescreen.storage.s3 import S3QuarantineStore
from tests.support.stub_aws import StubAws, error_response

REF = ObjectRef("s3", "selfies", "kyc/a b.jpg", etag="e1")
TO = ObjectRef("s3", "held", "quarantine/selfies/fs0/kyc/a b.jpg")
COPIED = (200, b'<CopyObjectResult><ETag>"e1"</ETag></CopyObjectResult>')
OPEN = b"""<AccessControlPolicy><Owner><ID>me</ID></Owner><AccessControlList>
<Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser">
<ID>me</ID></Grantee><Permission>FULL_CONTROL</Permission></Grant>
<Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="Group">
<URI>http://acs.amazonaws.com/groups/global/AllUsers</URI></Grantee>
<Permission>READ</Permission></Grant></AccessControlList></AccessControlPolicy>"""


def test_a_copy_is_of_the_etag_and_the_version_and_over_nothing() -> None:
    answers = StubAws(CopyObject=COPIED)
    store = S3QuarantineStore(answers.session)
    store.copy(replace(REF, version_id="v1"), TO, must_be_new=True)
    ((_, request),) = answers.requests
    sent = {name.lower(): value for name, value in request.headers.items()}
    assert sent["x-amz-copy-source-if-match"] == b'"e1"'
    assert sent["x-amz-copy-source"] == b"selfies/kyc/a%20b.jpg?versionId=v1"
    assert sent["x-amz-tagging-directive"] == sent["x-amz-metadata-directive"] == b"COPY"
    assert sent["if-none-match"] == b"*"
    store.copy(REF, TO, must_be_new=False)
    assert "If-None-Match" not in answers.requests[-1][1].headers


@pytest.mark.parametrize("operation", ["CopyObject", "DeleteObject"])
def test_a_condition_that_is_not_met_is_a_change(operation: str) -> None:
    store = S3QuarantineStore(
        StubAws(**{operation: error_response(412, "PreconditionFailed")}).session
    )
    with pytest.raises(errors.ObjectChangedError):
        store.copy(REF, TO, must_be_new=True) if operation == "CopyObject" else store.delete(REF)


def test_a_deletion_is_of_the_etag_or_of_the_version() -> None:
    answers = StubAws(DeleteObject=(204, b""))
    store = S3QuarantineStore(answers.session)
    store.delete(REF)
    store.delete(replace(REF, version_id="v1"))
    (_, plain), (_, versioned) = answers.requests
    assert plain.headers["If-Match"] == b'"e1"'
    assert "If-Match" not in versioned.headers
    assert versioned.url.endswith("?versionId=v1")


def test_an_access_list_goes_back_as_it_came() -> None:
    answers = StubAws(GetObjectAcl=(200, OPEN), PutObjectAcl=(200, b""))
    store = S3QuarantineStore(answers.session)
    acl = store.get_acl(REF)
    assert [grant["Permission"] for grant in json.loads(acl)["Grants"]] == ["FULL_CONTROL", "READ"]
    store.set_acl(REF, acl)
    body = answers.requests[-1][1].body
    assert body.count(b"<Grant>") == 2
    assert b"global/AllUsers" in body
    store.set_acl(REF, "private")
    assert answers.requests[-1][1].headers["x-amz-acl"] == b"private"


def test_a_bucket_without_access_lists_is_a_refusal() -> None:
    off = error_response(400, "AccessControlListNotSupported", "The bucket does not allow ACLs")
    store = S3QuarantineStore(StubAws(PutObjectAcl=off).session)
    with pytest.raises(errors.QuarantineRefusedError, match="does not allow ACLs"):
        store.set_acl(REF, "private")
