"""A form stores the one file that its policy allows, and nothing else."""

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
from tests.integration.id_verification.uploads.upload_form import Form, assert_refused, part, told

TEN_MB = 10 * 1024 * 1024


def stored(service: IdVerificationService, form: Form) -> bytes | None:
    try:
        return service.uploads.find_file(form.file_url)
    except IdVerificationError:
        return None


def test_the_form_that_the_others_spoil_is_right(
    form: Form, service: IdVerificationService
) -> None:
    assert form.host == service.uploads.url.removeprefix("https://")
    answer = form.post(b"a file")
    assert answer.status_code == 201
    assert answer.text.startswith("<?xml")
    assert told(answer) == {
        "Bucket": "127",
        "Location": f"https://{form.host}/{form.fields['key']}",
        "Key": form.fields["key"],
        "ETag": '"{}"'.format(hashlib.md5(b"a file", usedforsecurity=False).hexdigest().upper()),
    }
    assert stored(service, form) == b"a file"


def test_the_answer_is_short_unless_asked_for(form: Form, service: IdVerificationService) -> None:
    del form.fields["success_action_status"]
    answer = form.post()
    assert (answer.status_code, answer.content) == (204, b"")
    assert stored(service, form) == b"a file"


def test_a_form_is_answered_as_it_wants(form: Form) -> None:
    """As OSS does it."""
    form.fields["success_action_status"] = "200"
    assert form.post().status_code == 200
    form.fields["success_action_redirect"] = "http://127.0.0.1/done"
    answer = form.post()
    assert (answer.status_code, answer.headers["Location"]) == (303, "http://127.0.0.1/done")


def test_a_later_form_replaces_the_file(form: Form, service: IdVerificationService) -> None:
    form.post(b"one")
    form.post(b"another")
    assert stored(service, form) == b"another"


def test_every_permission_is_for_another_key(service: IdVerificationService) -> None:
    assert len({service.uploads.issue_upload_grant()["ObjectKey"] for _ in range(9)}) == 9


@pytest.mark.parametrize(
    ("spoilt", "status", "code"),
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
def test_a_field_that_the_policy_does_not_allow(
    form: Form, service: IdVerificationService, spoilt: dict[str, str], status: int, code: str
) -> None:
    form.fields.update(spoilt)
    assert_refused(form.post(), status, code)
    assert stored(service, form) is None


@pytest.mark.parametrize("name", ["OSSAccessKeyId", "policy", "Signature", "key"])
def test_a_field_that_is_missing(form: Form, name: str) -> None:
    del form.fields[name]
    answer = form.post()
    assert_refused(answer, 400, "InvalidArgument")
    assert f"'{name}'" in told(answer)["Message"]


def test_a_policy_that_is_expired(
    service: IdVerificationService, form: Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "GRANT_VALIDITY_S", -1)
    late = Form(service.uploads.issue_upload_grant(), form.trusting)
    answer = late.post()
    assert_refused(answer, 403, "AccessDenied")
    assert told(answer)["Message"] == "Invalid according to Policy: Policy expired."
    assert stored(service, late) is None


def test_a_permission_of_another_cloud(
    loop: BackgroundLoop, service: IdVerificationService, form: Form, tmp_path: Path
) -> None:
    another = UploadService(tmp_path)
    loop.run(another.start())
    given = another.issue_upload_grant()
    loop.run(another.stop())
    names = {"OSSAccessKeyId": "AccessKeyId", "policy": "EncodedPolicy", "Signature": "Signature"}
    form.fields.update({name: given[theirs] for name, theirs in names.items()})
    assert_refused(form.post(), 403, "InvalidAccessKeyId")


def test_a_file_may_have_ten_megabytes(form: Form, service: IdVerificationService) -> None:
    assert form.post(bytes(TEN_MB)).status_code == 201
    assert_refused(form.post(bytes(TEN_MB + 1)), 400, "EntityTooLarge")
    assert_refused(form.post(b""), 400, "EntityTooSmall")
    assert stored(service, form) == bytes(TEN_MB)


def test_a_file_of_lines_that_look_like_boundaries(
    form: Form, service: IdVerificationService
) -> None:
    content = b"\r\n--b\r\n--b--\r\n-" * 20_000
    assert form.post(content).status_code == 201
    assert stored(service, form) == content


def test_the_file_comes_last(form: Form, service: IdVerificationService) -> None:
    fields = [part(name, value) for name, value in form.fields.items()]
    file = part("file", "a file")
    assert_refused(form.post_raw(file, *fields), 400, "InvalidArgument")
    assert_refused(form.post_raw(*fields), 400, "MalformedPOSTRequest")
    assert stored(service, form) is None
    assert form.post_raw(*fields, file).status_code == 201
    assert stored(service, form) == b"a file"


@pytest.mark.parametrize(
    ("spoilt", "code"),
    [
        ("no header at all", "MalformedPOSTRequest"),
        ("Content-Disposition: form-data\r\n\r\nno name", "MalformedPOSTRequest"),
        (
            "Content-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\n--c--",
            "MalformedPOSTRequest",
        ),
        (part("a", "") + "\r\n--b--\r\n\r\nafter the end", "MalformedPOSTRequest"),
        (part("a", "") + "\r\n--bxx" + part("file", "another"), "MalformedPOSTRequest"),
        ("Content-Disposition: form-data; name=a\r\nX: " + "y" * 8192, "FieldItemTooLong"),
        (part("a", "y" * 8193), "FieldItemTooLong"),
    ],
)
def test_a_part_that_is_none(
    form: Form, service: IdVerificationService, spoilt: str, code: str
) -> None:
    fields = [part(name, value) for name, value in form.fields.items()]
    assert_refused(form.post_raw(*fields, spoilt, part("file", "a file")), 400, code)
    assert stored(service, form) is None


def test_a_field_may_have_eight_kilobytes(form: Form) -> None:
    form.fields["x-oss-meta-a"] = "y" * 8192
    assert form.post().status_code == 201


@pytest.mark.parametrize("lost", [8, 9, 20, 500])
def test_a_body_cut_short(form: Form, service: IdVerificationService, lost: int) -> None:
    fields = [part(name, value) for name, value in form.fields.items()]
    answer = form.post_raw(*fields, part("file", "a file"), lost=lost)
    assert_refused(answer, 400, "MalformedPOSTRequest")
    assert stored(service, form) is None


@pytest.mark.parametrize("boundary", ["", "b" * 71, "\xff"])
def test_a_boundary_that_is_none(form: Form, boundary: str) -> None:
    parts = [part(name, value) for name, value in {**form.fields, "file": "a file"}.items()]
    assert form.post_raw(*parts, boundary="b" * 70).status_code == 201
    assert_refused(form.post_raw(*parts, boundary=boundary), 400, "MalformedPOSTRequest")


def test_a_boundary_that_is_not_in_the_body(form: Form) -> None:
    kind = {"content-type": "multipart/form-data; boundary=another"}
    assert_refused(
        form.post(content=b"--b\r\n\r\n--b--", headers=kind), 400, "MalformedPOSTRequest"
    )


def test_what_never_ends_is_not_read_to_its_end(form: Form) -> None:
    fields = [part(name, value) for name, value in form.fields.items()]
    lost = len("\r\n--b--\r\n")
    endless = form.post_raw(*fields, part("a", "y" * 20_000), lost=lost)
    assert_refused(endless, 400, "FieldItemTooLong")
    endless = form.post_raw(*fields, part("file", "y" * (TEN_MB + 100)), lost=lost)
    assert_refused(endless, 400, "EntityTooLarge")


def test_bytes_that_are_no_text(form: Form) -> None:
    assert_refused(form.post_raw(part("key", "\xff")), 400, "MalformedPOSTRequest")


def test_a_body_of_another_type(form: Form) -> None:
    assert_refused(form.post(data=form.fields), 400, "RequestIsNotMultiPartContent")


@pytest.mark.parametrize("request_line", [("GET", "/"), ("PUT", "/"), ("POST", "/a")])
def test_nothing_but_a_form_to_the_bucket(form: Form, request_line: tuple[str, str]) -> None:
    method, path = request_line
    with httpx.Client(verify=form.trusting, trust_env=False) as client:
        answer = client.request(method, f"https://{form.host}{path}", data={"a": "b"})
    assert_refused(answer, 405, "MethodNotAllowed")


def test_an_upload_is_written_nowhere(
    form: Form, data: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("DEBUG")
    form.post(b"a very private face")
    form.post(b"a very private face" * 1_000_000)
    written: list[Any] = [path.read_bytes() for path in data.rglob("*") if path.is_file()]
    assert written
    assert b"private" not in b"".join(written)
    shown = caplog.text + "".join(capfd.readouterr())
    assert "private" not in shown
    assert form.fields["Signature"] not in shown
