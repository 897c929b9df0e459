"""The conditions and ACLs that are sent to S3, because moto doesn't enforce them."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from facescreen import errors
from facescreen.model import ObjectRef
from facescreen.storage.s3 import S3QuarantineStore
from tests.support.stub_aws import StubAws, error_response

REF = ObjectRef("s3", "selfies", "kyc/a b.jpg", etag="e1")
TARGET = ObjectRef("s3", "held", "quarantine/selfies/fs0/kyc/a b.jpg")
COPY_RESPONSE = (200, b'<CopyObjectResult><ETag>"e1"</ETag></CopyObjectResult>')
PUBLIC_ACL = b"""<AccessControlPolicy><Owner><ID>me</ID></Owner><AccessControlList>
<Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser">
<ID>me</ID></Grantee><Permission>FULL_CONTROL</Permission></Grant>
<Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="Group">
<URI>http://acs.amazonaws.com/groups/global/AllUsers</URI></Grantee>
<Permission>READ</Permission></Grant></AccessControlList></AccessControlPolicy>"""


def test_a_copy_is_conditional_on_the_etag_and_on_a_free_target() -> None:
    stub = StubAws(CopyObject=COPY_RESPONSE)
    store = S3QuarantineStore(stub.session)
    store.copy(replace(REF, version_id="v1"), TARGET, must_be_new=True)
    ((_, request),) = stub.requests
    headers = {name.lower(): value for name, value in request.headers.items()}
    assert headers["x-amz-copy-source-if-match"] == b'"e1"'
    assert headers["x-amz-copy-source"] == b"selfies/kyc/a%20b.jpg?versionId=v1"
    assert headers["x-amz-tagging-directive"] == headers["x-amz-metadata-directive"] == b"COPY"
    assert headers["if-none-match"] == b"*"
    store.copy(REF, TARGET, must_be_new=False)
    assert "If-None-Match" not in stub.requests[-1][1].headers


@pytest.mark.parametrize("operation", ["CopyObject", "DeleteObject"])
def test_a_failed_condition_means_that_the_object_changed(operation: str) -> None:
    store = S3QuarantineStore(
        StubAws(**{operation: error_response(412, "PreconditionFailed")}).session
    )
    with pytest.raises(errors.ObjectChangedError):
        store.copy(REF, TARGET, must_be_new=True) if operation == "CopyObject" else store.delete(
            REF
        )


def test_a_deletion_is_of_one_version_or_conditional_on_the_etag() -> None:
    stub = StubAws(DeleteObject=(204, b""))
    store = S3QuarantineStore(stub.session)
    store.delete(REF)
    store.delete(replace(REF, version_id="v1"))
    (_, plain), (_, versioned) = stub.requests
    assert plain.headers["If-Match"] == b'"e1"'
    assert "If-Match" not in versioned.headers
    assert versioned.url.endswith("?versionId=v1")


def test_an_acl_is_restored_unchanged() -> None:
    stub = StubAws(GetObjectAcl=(200, PUBLIC_ACL), PutObjectAcl=(200, b""))
    store = S3QuarantineStore(stub.session)
    acl = store.get_acl(REF)
    assert [grant["Permission"] for grant in json.loads(acl)["Grants"]] == ["FULL_CONTROL", "READ"]
    store.set_acl(REF, acl)
    body = stub.requests[-1][1].body
    assert body.count(b"<Grant>") == 2
    assert b"global/AllUsers" in body
    store.set_acl(REF, "private")
    assert stub.requests[-1][1].headers["x-amz-acl"] == b"private"


def test_a_bucket_with_acls_disabled_refuses_the_quarantine() -> None:
    acls_disabled = error_response(
        400, "AccessControlListNotSupported", "The bucket does not allow ACLs"
    )
    store = S3QuarantineStore(StubAws(PutObjectAcl=acls_disabled).session)
    with pytest.raises(errors.QuarantineRefusedError, match="does not allow ACLs"):
        store.set_acl(REF, "private")
