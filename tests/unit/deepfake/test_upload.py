"""Sending a file: an upload grant, a form, the call."""

from __future__ import annotations

import io
from pathlib import Path
from typing import IO, Any

import httpx
import pytest

from facescreen import errors
from facescreen.timing import Deadline
from tests.unit.deepfake.stub_service import (
    BIZ_ID,
    URL,
    StubService,
    create_client,
    grant_response,
    parse_form,
    success_response,
    upload_response,
)


@pytest.mark.parametrize("source", ["bytes", "path", "string path", "stream", "unseekable"])
def test_a_file_is_uploaded_first(source: str, tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"the clip")
    files: dict[str, Any] = {
        "bytes": b"the clip",
        "path": path,
        "string path": str(path),
        "stream": io.BytesIO(b"the clip"),
        "unseekable": Unseekable(b"the clip"),
    }
    service = StubService(
        grant_response(), upload_response(), success_response("1", RiskTag="SuspectRemake")
    )
    with create_client(service) as deepfake_client:
        detection = deepfake_client.detect_stream(
            file=files[source], kind="video", merchant_biz_id=BIZ_ID
        )
    assert detection.risk_tags == ("SuspectRemake",)
    authorize, upload, detect = service.requests
    assert authorize.method == "GET"
    assert authorize.url.host == "openplatform.aliyuncs.com"
    assert dict(authorize.url.params) == {
        "Product": "Cloudauth-intl",
        "RegionId": "ap-southeast-1",
    }
    assert upload.url == "https://bkt.oss.example/"
    form_body = upload.read()
    for part in (b"LTAIupload", b"p0licy", b"upl0ads1gn", b"verify/1.jpg", b"201", b"the clip"):
        assert part in form_body
    assert form_body.index(b'name="key"') < form_body.index(b'name="file"')
    assert parse_form(detect)["FaceFile"] == "http://bkt.oss.example/verify/1.jpg"


class Unseekable(io.BytesIO):
    def seekable(self) -> bool:
        return False


def test_a_failed_upload_is_repeated_from_the_start() -> None:
    service = StubService(
        httpx.ConnectError("down"),
        grant_response(),
        httpx.Response(503),
        grant_response(),
        upload_response(),
        success_response(),
    )
    with create_client(service) as deepfake_client:
        deepfake_client.detect_stream(file=b"the clip", kind="video")
    uploads = [request for request in service.requests if request.url.host == "bkt.oss.example"]
    assert [b"the clip" in upload.read() for upload in uploads] == [True, True]


@pytest.mark.parametrize(
    ("responses", "file", "left_s", "error"),
    [
        (
            [grant_response(), httpx.Response(503), grant_response()],
            Unseekable(b"x"),
            30,
            errors.RequestRejectedError,
        ),
        ([grant_response(), httpx.Response(400)], b"x", 30, errors.OperatorError),
        ([httpx.Response(200, json={"Bucket": "b"})] * 9, b"x", 1, errors.ServiceUnavailableError),
        ([httpx.Response(200, text="no json")] * 9, b"x", 1, errors.ServiceUnavailableError),
    ],
)
def test_an_upload_that_cannot_be_repeated_raises(
    responses: list[httpx.Response], file: Any, left_s: float, error: type[Exception]
) -> None:
    with create_client(StubService(*responses)) as deepfake_client, pytest.raises(error):
        deepfake_client.detect_stream(file=file, deadline=Deadline.after(left_s))


def test_nothing_is_uploaded_to_an_emulator() -> None:
    response = grant_response()
    response.headers["x-facescreen-stand-in"] = "local stand-in"
    service = StubService(response)
    message = "openplatform.aliyuncs.com is an emulator of the service"
    with (
        create_client(service) as deepfake_client,
        pytest.raises(errors.EmulatorRefusedError, match=message),
    ):
        deepfake_client.detect_stream(file=b"the clip", kind="video")
    assert len(service.requests) == 1


def test_a_file_and_a_url_exclude_each_other() -> None:
    with (
        create_client(StubService()) as deepfake_client,
        pytest.raises(errors.RequestRejectedError, match="exactly one"),
    ):
        deepfake_client.detect_stream(file=b"x", url=URL)


def test_only_the_stream_operation_takes_a_file() -> None:
    with (
        create_client(StubService()) as deepfake_client,
        pytest.raises(errors.RequestRejectedError, match="use DeepfakeDetectIntlStream"),
    ):
        deepfake_client.detect(file=b"x")


def test_a_file_that_the_client_opened_is_closed_after_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"the clip")
    opened: list[IO[bytes]] = []
    open_path = Path.open

    def open_and_record(path: Path, mode: str) -> Any:
        opened.append(open_path(path, mode))
        return opened[-1]

    monkeypatch.setattr(Path, "open", open_and_record)
    service = StubService(grant_response(), RuntimeError("no trouble of the transport"))
    with create_client(service) as deepfake_client, pytest.raises(RuntimeError):
        deepfake_client.detect_stream(file=tmp_path / "clip.mp4", kind="video")
    (stream,) = opened
    assert stream.closed
