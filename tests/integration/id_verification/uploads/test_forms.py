"""A form stores only the one file that its policy allows."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

import httpx
import pytest

from facescreen_local.background_loop import BackgroundLoop
from facescreen_local.id_verification import uploads
from facescreen_local.id_verification.errors import IdVerificationError
from facescreen_local.id_verification.service import IdVerificationService
from facescreen_local.id_verification.uploads import UploadService
from tests.integration.id_verification.uploads.upload_form import (
    UploadForm,
    assert_refused,
    form_part,
    parse_xml_response,
)

TEN_MB = 10 * 1024 * 1024


def stored_file(service: IdVerificationService, upload_form: UploadForm) -> bytes | None:
    try:
        return service.uploads.find_file(upload_form.file_url)
    except IdVerificationError:
        return None


def test_the_unchanged_form_succeeds(
    upload_form: UploadForm, service: IdVerificationService
) -> None:
    assert upload_form.host == service.uploads.url.removeprefix("https://")
    response = upload_form.post(b"a file")
    assert response.status_code == 201
    assert response.text.startswith("<?xml")
    assert parse_xml_response(response) == {
        "Bucket": "127",
        "Location": f"https://{upload_form.host}/{upload_form.fields['key']}",
        "Key": upload_form.fields["key"],
        "ETag": '"{}"'.format(hashlib.md5(b"a file", usedforsecurity=False).hexdigest().upper()),
    }
    assert stored_file(service, upload_form) == b"a file"


def test_the_response_is_empty_by_default(
    upload_form: UploadForm, service: IdVerificationService
) -> None:
    del upload_form.fields["success_action_status"]
    response = upload_form.post()
    assert (response.status_code, response.content) == (204, b"")
    assert stored_file(service, upload_form) == b"a file"


def test_a_form_chooses_its_response(upload_form: UploadForm) -> None:
    """As OSS does."""
    upload_form.fields["success_action_status"] = "200"
    assert upload_form.post().status_code == 200
    upload_form.fields["success_action_redirect"] = "http://127.0.0.1/done"
    response = upload_form.post()
    assert (response.status_code, response.headers["Location"]) == (303, "http://127.0.0.1/done")


def test_a_later_form_replaces_the_file(
    upload_form: UploadForm, service: IdVerificationService
) -> None:
    upload_form.post(b"one")
    upload_form.post(b"another")
    assert stored_file(service, upload_form) == b"another"


def test_every_permission_has_another_key(service: IdVerificationService) -> None:
    assert len({service.uploads.issue_upload_grant()["ObjectKey"] for _ in range(9)}) == 9


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"Signature": "AAAA"}, 403, "SignatureDoesNotMatch"),
        ({"Signature": "ä"}, 403, "SignatureDoesNotMatch"),
        (
            {"policy": base64.b64encode(b'{"conditions": []}').decode()},
            403,
            "SignatureDoesNotMatch",
        ),
        ({"policy": "ä"}, 403, "SignatureDoesNotMatch"),
        ({"OSSAccessKeyId": "LTAIunknown"}, 403, "InvalidAccessKeyId"),
        ({"x-oss-security-token": "CAIS"}, 403, "InvalidSecurityToken"),
        ({"key": "cloudauth-intl/another"}, 403, "AccessDenied"),
        ({"key": ""}, 403, "AccessDenied"),
        ({"x-oss-meta-a": "long" * 2049}, 400, "FieldItemTooLong"),
        ({f"x-oss-meta-{n}": "" for n in range(33)}, 400, "MalformedPOSTRequest"),
    ],
)
def test_a_field_that_the_policy_does_not_allow_is_refused(
    upload_form: UploadForm,
    service: IdVerificationService,
    changed: dict[str, str],
    status: int,
    code: str,
) -> None:
    upload_form.fields.update(changed)
    assert_refused(upload_form.post(), status, code)
    assert stored_file(service, upload_form) is None


@pytest.mark.parametrize("name", ["OSSAccessKeyId", "policy", "Signature", "key"])
def test_a_missing_field_is_named(upload_form: UploadForm, name: str) -> None:
    del upload_form.fields[name]
    response = upload_form.post()
    assert_refused(response, 400, "InvalidArgument")
    assert f"'{name}'" in parse_xml_response(response)["Message"]


def test_an_expired_policy_is_refused(
    service: IdVerificationService, upload_form: UploadForm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "GRANT_VALIDITY_S", -1)
    late = UploadForm(service.uploads.issue_upload_grant(), upload_form.tls_context)
    response = late.post()
    assert_refused(response, 403, "AccessDenied")
    assert parse_xml_response(response)["Message"] == "Invalid according to Policy: Policy expired."
    assert stored_file(service, late) is None


def test_a_permission_of_another_cloud_is_refused(
    loop: BackgroundLoop, service: IdVerificationService, upload_form: UploadForm, tmp_path: Path
) -> None:
    another = UploadService(tmp_path)
    loop.run(another.start())
    permission = another.issue_upload_grant()
    loop.run(another.stop())
    names = {"OSSAccessKeyId": "AccessKeyId", "policy": "EncodedPolicy", "Signature": "Signature"}
    upload_form.fields.update(
        {name: permission[permission_name] for name, permission_name in names.items()}
    )
    assert_refused(upload_form.post(), 403, "InvalidAccessKeyId")


def test_a_file_may_have_ten_megabytes(
    upload_form: UploadForm, service: IdVerificationService
) -> None:
    assert upload_form.post(bytes(TEN_MB)).status_code == 201
    assert_refused(upload_form.post(bytes(TEN_MB + 1)), 400, "EntityTooLarge")
    assert_refused(upload_form.post(b""), 400, "EntityTooSmall")
    assert stored_file(service, upload_form) == bytes(TEN_MB)


def test_a_file_with_lines_like_boundaries_is_stored(
    upload_form: UploadForm, service: IdVerificationService
) -> None:
    content = b"\r\n--b\r\n--b--\r\n-" * 20_000
    assert upload_form.post(content).status_code == 201
    assert stored_file(service, upload_form) == content


def test_the_file_must_be_the_last_field(
    upload_form: UploadForm, service: IdVerificationService
) -> None:
    fields = [form_part(name, value) for name, value in upload_form.fields.items()]
    file = form_part("file", "a file")
    assert_refused(upload_form.post_raw(file, *fields), 400, "InvalidArgument")
    assert_refused(upload_form.post_raw(*fields), 400, "MalformedPOSTRequest")
    assert stored_file(service, upload_form) is None
    assert upload_form.post_raw(*fields, file).status_code == 201
    assert stored_file(service, upload_form) == b"a file"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ("no header at all", "MalformedPOSTRequest"),
        ("Content-Disposition: form-data\r\n\r\nno name", "MalformedPOSTRequest"),
        (
            "Content-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\n--c--",
            "MalformedPOSTRequest",
        ),
        (form_part("a", "") + "\r\n--b--\r\n\r\nafter the end", "MalformedPOSTRequest"),
        (form_part("a", "") + "\r\n--bxx" + form_part("file", "another"), "MalformedPOSTRequest"),
        ("Content-Disposition: form-data; name=a\r\nX: " + "y" * 8192, "FieldItemTooLong"),
        (form_part("a", "y" * 8193), "FieldItemTooLong"),
    ],
)
def test_a_malformed_part_is_refused(
    upload_form: UploadForm, service: IdVerificationService, changed: str, code: str
) -> None:
    fields = [form_part(name, value) for name, value in upload_form.fields.items()]
    assert_refused(upload_form.post_raw(*fields, changed, form_part("file", "a file")), 400, code)
    assert stored_file(service, upload_form) is None


def test_a_field_may_have_eight_kilobytes(upload_form: UploadForm) -> None:
    upload_form.fields["x-oss-meta-a"] = "y" * 8192
    assert upload_form.post().status_code == 201


@pytest.mark.parametrize("cut_bytes", [8, 9, 20, 500])
def test_a_truncated_body_is_refused(
    upload_form: UploadForm, service: IdVerificationService, cut_bytes: int
) -> None:
    fields = [form_part(name, value) for name, value in upload_form.fields.items()]
    response = upload_form.post_raw(*fields, form_part("file", "a file"), cut_bytes=cut_bytes)
    assert_refused(response, 400, "MalformedPOSTRequest")
    assert stored_file(service, upload_form) is None


@pytest.mark.parametrize("boundary", ["", "b" * 71, "\xff"])
def test_an_invalid_boundary_is_refused(upload_form: UploadForm, boundary: str) -> None:
    parts = [
        form_part(name, value) for name, value in {**upload_form.fields, "file": "a file"}.items()
    ]
    assert upload_form.post_raw(*parts, boundary="b" * 70).status_code == 201
    assert_refused(upload_form.post_raw(*parts, boundary=boundary), 400, "MalformedPOSTRequest")


def test_a_boundary_that_is_not_in_the_body_is_refused(upload_form: UploadForm) -> None:
    kind = {"content-type": "multipart/form-data; boundary=another"}
    assert_refused(
        upload_form.post(content=b"--b\r\n\r\n--b--", headers=kind), 400, "MalformedPOSTRequest"
    )


def test_an_endless_body_is_refused_early(upload_form: UploadForm) -> None:
    fields = [form_part(name, value) for name, value in upload_form.fields.items()]
    cut_bytes = len("\r\n--b--\r\n")
    endless = upload_form.post_raw(*fields, form_part("a", "y" * 20_000), cut_bytes=cut_bytes)
    assert_refused(endless, 400, "FieldItemTooLong")
    endless = upload_form.post_raw(
        *fields, form_part("file", "y" * (TEN_MB + 100)), cut_bytes=cut_bytes
    )
    assert_refused(endless, 400, "EntityTooLarge")


def test_a_field_that_is_not_text_is_refused(upload_form: UploadForm) -> None:
    assert_refused(upload_form.post_raw(form_part("key", "\xff")), 400, "MalformedPOSTRequest")


def test_a_body_of_another_type_is_refused(upload_form: UploadForm) -> None:
    assert_refused(upload_form.post(data=upload_form.fields), 400, "RequestIsNotMultiPartContent")


@pytest.mark.parametrize("request_line", [("GET", "/"), ("PUT", "/"), ("POST", "/a")])
def test_only_a_form_to_the_bucket_is_accepted(
    upload_form: UploadForm, request_line: tuple[str, str]
) -> None:
    method, path = request_line
    with httpx.Client(verify=upload_form.tls_context, trust_env=False) as client:
        response = client.request(method, f"https://{upload_form.host}{path}", data={"a": "b"})
    assert_refused(response, 405, "MethodNotAllowed")


def test_an_upload_is_not_written_to_disk_or_logs(
    upload_form: UploadForm,
    data: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level("DEBUG")
    upload_form.post(b"a very private face")
    upload_form.post(b"a very private face" * 1_000_000)
    file_contents: list[Any] = [path.read_bytes() for path in data.rglob("*") if path.is_file()]
    assert file_contents
    assert b"private" not in b"".join(file_contents)
    output = caplog.text + "".join(capfd.readouterr())
    assert "private" not in output
    assert upload_form.fields["Signature"] not in output
