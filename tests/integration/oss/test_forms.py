"""PostObject: browser forms, signed in both versions."""

from __future__ import annotations

import base64
import hmac
import json
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

import httpx
import oss2
import pytest

from facescreen_local.auth.account import AccessKey
from tests.integration.oss.conftest import REGION, OssCloud
from tests.integration.oss.test_authentication import error_code
from tests.integration.oss.test_tags import read_tags


def _hours_from_now(number: float) -> datetime:
    return datetime.now(timezone.utc) + timedelta(hours=number)


def _hmac256(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")


@dataclass
class FormSender:
    """Signs and posts forms for one bucket with one key, as OSS documents them."""

    web: httpx.Client
    bucket: Any
    signer: str
    key: AccessKey
    conditions: list[Any] = field(default_factory=list)
    expires: datetime = field(default_factory=lambda: _hours_from_now(1))

    def sign_fields(self, **overrides: str) -> dict[str, str]:
        form_fields = {"key": "in/selfie.jpg", **overrides}
        document = {
            "expiration": self.expires.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "conditions": [{"bucket": self.bucket.bucket_name}, *self.conditions],
        }
        policy = base64.b64encode(json.dumps(document).encode()).decode()
        token = {"x-oss-security-token": self.key.security_token}
        sign = self._sign_v1 if self.signer == "v1" else self._sign_v4
        return {**form_fields, **sign(policy), **(token if self.key.security_token else {})}

    def post(self, content: bytes = b"bytes", /, **overrides: str) -> httpx.Response:
        return self.post_fields(self.sign_fields(**overrides), ("a b é.jpg", content))

    def post_fields(self, fields: dict[str, str], file: tuple[Any, ...]) -> httpx.Response:
        return self.web.post(f"/{self.bucket.bucket_name}", data=fields, files={"file": file})

    def _sign_v1(self, policy: str) -> dict[str, str]:
        digest = hmac.digest(self.key.access_key_secret.encode(), policy.encode(), "sha1")
        signature = base64.b64encode(digest).decode()
        return {
            "OSSAccessKeyId": self.key.access_key_id,
            "policy": policy,
            "Signature": signature,
        }

    def _sign_v4(self, policy: str) -> dict[str, str]:
        moment = _hours_from_now(0).strftime("%Y%m%dT%H%M%SZ")
        key = f"aliyun_v4{self.key.access_key_secret}".encode()
        scope = [moment[:8], REGION, "oss", "aliyun_v4_request"]
        for part in scope:
            key = _hmac256(key, part)
        return {
            "x-oss-signature-version": "OSS4-HMAC-SHA256",
            "x-oss-credential": "/".join([self.key.access_key_id, *scope]),
            "x-oss-date": moment,
            "policy": policy,
            "x-oss-signature": _hmac256(key, policy).hex(),
        }


@pytest.fixture
def sender(cloud: OssCloud, bucket: Any, web: httpx.Client, signer: str) -> FormSender:
    return FormSender(web, bucket, signer, cloud.local_account.key)


def test_a_form_stores_an_object(cloud: OssCloud, sender: FormSender) -> None:
    response = sender.post(
        **{
            "Cache-Control": "no-store",
            "x-oss-meta-Who": "mé",
            "x-oss-tagging": "a=1",
            "x-oss-object-acl": "public-read",
            "x-oss-server-side-encryption": "AES256",
        }
    )
    assert (response.status_code, response.content) == (204, b"")
    stored = sender.bucket.get_object("in/selfie.jpg")
    assert stored.read() == b"bytes"
    assert response.headers["ETag"] == f'"{stored.etag}"'
    assert (stored.content_type, stored.headers["Cache-Control"]) == ("image/jpeg", "no-store")
    assert stored.headers["x-oss-server-side-encryption"] == "AES256"
    assert stored.headers["x-oss-meta-who"].encode("latin-1").decode() == "mé"
    assert read_tags(sender.bucket, "in/selfie.jpg") == {"a": "1"}
    assert sender.bucket.get_object_acl("in/selfie.jpg").acl == "public-read"
    assert cloud.events[-1]["eventName"] == "ObjectCreated:PostObject"
    assert cloud.events[-1]["oss"]["object"]["size"] == 5


@pytest.mark.parametrize("size", [0, 1, 70_000, 3_000_000])
def test_the_bytes_are_stored_unchanged(sender: FormSender, size: int) -> None:
    content = (b"\r\n--\r\n--boundary\r\n\x00\xff" * (size // 16 + 1))[:size]
    assert sender.post(content).status_code == 204
    assert sender.bucket.get_object("in/selfie.jpg").read() == content


def test_the_key_may_contain_the_file_name(sender: FormSender) -> None:
    sender.conditions = [["starts-with", "$key", "in/"]]
    sender.post(key="in/${filename}")
    assert sender.bucket.object_exists("in/a b é.jpg")


def test_a_temporary_key_needs_its_token(cloud: OssCloud, sender: FormSender) -> None:
    sender.key = cloud.local_account.issue_temporary_key()
    assert sender.post().status_code == 204
    fields = sender.sign_fields()
    del fields["x-oss-security-token"]
    response = sender.post_fields(fields, ("f", b"bytes"))
    assert (response.status_code, error_code(response)) == (403, "InvalidAccessKeyId")


def test_a_form_chooses_its_response(sender: FormSender) -> None:
    assert sender.post(success_action_status="200").status_code == 200
    assert sender.post(success_action_status="999").status_code == 204
    created = sender.post(success_action_status="201")
    assert created.status_code == 201
    assert "<Key>in/selfie.jpg</Key>" in created.text
    redirected = sender.post(success_action_redirect="http://127.0.0.1/done")
    assert (redirected.status_code, redirected.headers["Location"]) == (
        303,
        "http://127.0.0.1/done",
    )


def test_the_content_type_comes_from_the_form_or_the_file(sender: FormSender) -> None:
    """``x-oss-content-type`` comes first, then the file's type, then the form's Content-Type."""
    for fields, file_part, expected in (
        ({"x-oss-content-type": "a/1", "Content-Type": "a/2"}, ("f", b"", "a/3"), "a/1"),
        ({"Content-Type": "a/2"}, ("f", b"", "a/3"), "a/3"),
        ({"Content-Type": "a/2"}, (None, b""), "a/2"),
    ):
        assert sender.post_fields(sender.sign_fields(**fields), file_part).status_code == 204
        assert sender.bucket.head_object("in/selfie.jpg").content_type == expected


@pytest.mark.parametrize(
    "unmet",
    [
        {"bucket": "another"},
        ["eq", "$key", "in/other.jpg"],
        ["starts-with", "$key", "out/"],
        ["in", "$content-type", ["image/png"]],
        ["not-in", "$content-type", ["image/jpeg"]],
        {"success_action_status": "201"},
    ],
)
def test_an_unsatisfied_condition_is_refused(sender: FormSender, unmet: Any) -> None:
    sender.conditions = [unmet]
    response = sender.post()
    assert (response.status_code, error_code(response)) == (403, "AccessDenied")
    assert "Policy Condition failed" in response.text
    assert sender.bucket.list_objects().object_list == []


@pytest.mark.parametrize(
    ("size", "code"), [(2, "EntityTooSmall"), (3, ""), (5, ""), (6, "EntityTooLarge")]
)
def test_the_size_limits_apply_to_the_file(sender: FormSender, size: int, code: str) -> None:
    sender.conditions = [["content-length-range", 3, 9], ["content-length-range", 0, 5]]
    response = sender.post(b"x" * size)
    assert (response.status_code, error_code(response)) == (400 if code else 204, code)
    assert sender.bucket.object_exists("in/selfie.jpg") == (not code)


def test_an_expired_policy_is_refused(sender: FormSender) -> None:
    sender.expires = _hours_from_now(-1)
    response = sender.post()
    assert (response.status_code, error_code(response)) == (403, "AccessDenied")
    assert "Policy expired" in response.text


def test_a_changed_policy_is_refused(sender: FormSender) -> None:
    fields = sender.sign_fields()
    sender.conditions = [["content-length-range", 0, 9]]
    fields["policy"] = sender.sign_fields()["policy"]
    response = sender.post_fields(fields, ("f", b"bytes"))
    assert (response.status_code, error_code(response)) == (403, "SignatureDoesNotMatch")


@pytest.mark.parametrize("missing", ["policy", "key"])
def test_a_missing_field_is_named(sender: FormSender, missing: str) -> None:
    fields = sender.sign_fields()
    del fields[missing]
    response = sender.post_fields(fields, ("f", b"bytes"))
    assert (response.status_code, error_code(response)) == (400, "InvalidArgument")
    assert f"'{missing}'" in response.text


def test_an_unsigned_form_is_refused(sender: FormSender) -> None:
    """Even with a signature in the Authorization header."""
    response = sender.post_fields({"key": "k"}, ("f", b"bytes"))
    assert (response.status_code, error_code(response)) == (403, "AccessDenied")
    with pytest.raises(oss2.exceptions.AccessDenied):
        sender.bucket._do(
            "POST",
            sender.bucket.bucket_name,
            "",
            data=response.request.read(),
            headers={"Content-Type": response.request.headers["Content-Type"]},
        )


def test_a_form_without_a_file_is_refused(sender: FormSender) -> None:
    boundary = uuid.uuid4().hex
    body = f'--{boundary}\r\nContent-Disposition: form-data; name="key"\r\n\r\nk\r\n--{boundary}--'
    form = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    response = sender.web.post(f"/{sender.bucket.bucket_name}", content=body, headers=form)
    assert error_code(response) == "IncorrectNumberOfFilesInPOSTRequest"
    response = sender.web.post(f"/{sender.bucket.bucket_name}", json={"key": "k"})
    assert error_code(response) == "RequestIsNotMultiPartContent"


def test_a_form_can_forbid_an_overwrite(sender: FormSender) -> None:
    assert sender.post(**{"x-oss-forbid-overwrite": "true"}).status_code == 204
    response = sender.post(**{"x-oss-forbid-overwrite": "true"})
    assert (response.status_code, error_code(response)) == (409, "FileAlreadyExists")
