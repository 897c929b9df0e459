"""A file's way: a permission, a form, the call."""

from __future__ import annotations

import io
from pathlib import Path
from typing import IO, Any

import httpx
import pytest

from facescreen import errors
from facescreen.timing import Deadline
from tests.unit.deepfake.service import BIZ_ID, URL, Service, client, form, granted, stored, success


@pytest.mark.parametrize("given", ["bytes", "path", "text path", "stream", "unseekable"])
def test_a_file_is_uploaded_first(given: str, tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"the clip")
    files: dict[str, Any] = {
        "bytes": b"the clip",
        "path": path,
        "text path": str(path),
        "stream": io.BytesIO(b"the clip"),
        "unseekable": Unseekable(b"the clip"),
    }
    service = Service(granted(), stored(), success("1", RiskTag="SuspectRemake"))
    with client(service) as it:
        detection = it.detect_stream(file=files[given], kind="video", merchant_biz_id=BIZ_ID)
    assert detection.risk_tags == ("SuspectRemake",)
    authorize, upload, detect = service.asked
    assert authorize.method == "GET"
    assert authorize.url.host == "openplatform.aliyuncs.com"
    assert dict(authorize.url.params) == {
        "Product": "Cloudauth-intl",
        "RegionId": "ap-southeast-1",
    }
    assert upload.url == "https://bkt.oss.example/"
    posted = upload.read()
    for part in (b"LTAIupload", b"p0licy", b"upl0ads1gn", b"verify/1.jpg", b"201", b"the clip"):
        assert part in posted
    assert posted.index(b'name="key"') < posted.index(b'name="file"')
    assert form(detect)["FaceFile"] == "http://bkt.oss.example/verify/1.jpg"


class Unseekable(io.BytesIO):
    def seekable(self) -> bool:
        return False


def test_an_upload_that_failed_is_made_again_from_the_start() -> None:
    service = Service(
        httpx.ConnectError("down"), granted(), httpx.Response(503), granted(), stored(), success()
    )
    with client(service) as it:
        it.detect_stream(file=b"the clip", kind="video")
    uploads = [request for request in service.asked if request.url.host == "bkt.oss.example"]
    assert [b"the clip" in upload.read() for upload in uploads] == [True, True]


@pytest.mark.parametrize(
    ("plan", "file", "left_s", "error"),
    [
        (
            [granted(), httpx.Response(503), granted()],
            Unseekable(b"x"),
            30,
            errors.RequestRejectedError,
        ),
        ([granted(), httpx.Response(400)], b"x", 30, errors.OperatorError),
        ([httpx.Response(200, json={"Bucket": "b"})] * 9, b"x", 1, errors.ServiceUnavailableError),
        ([httpx.Response(200, text="no json")] * 9, b"x", 1, errors.ServiceUnavailableError),
    ],
)
def test_an_upload_that_fails_for_good(
    plan: list[httpx.Response], file: Any, left_s: float, error: type[Exception]
) -> None:
    with client(Service(*plan)) as it, pytest.raises(error):
        it.detect_stream(file=file, deadline=Deadline.after(left_s))


def test_nothing_is_uploaded_to_a_stand_in() -> None:
    answer = granted()
    answer.headers["x-facescreen-stand-in"] = "local stand-in"
    service = Service(answer)
    says = "openplatform.aliyuncs.com is an emulator of the service"
    with client(service) as it, pytest.raises(errors.EmulatorRefusedError, match=says):
        it.detect_stream(file=b"the clip", kind="video")
    assert len(service.asked) == 1


def test_a_file_and_a_url_exclude_each_other() -> None:
    with client(Service()) as it, pytest.raises(errors.RequestRejectedError, match="exactly one"):
        it.detect_stream(file=b"x", url=URL)


def test_only_the_stream_operation_takes_a_file() -> None:
    with (
        client(Service()) as it,
        pytest.raises(errors.RequestRejectedError, match="use DeepfakeDetectIntlStream"),
    ):
        it.detect(file=b"x")


def test_a_file_that_was_opened_here_is_closed_whatever_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"the clip")
    opened: list[IO[bytes]] = []
    open_path = Path.open

    def kept(path: Path, mode: str) -> Any:
        opened.append(open_path(path, mode))
        return opened[-1]

    monkeypatch.setattr(Path, "open", kept)
    service = Service(granted(), RuntimeError("no trouble of the transport"))
    with client(service) as it, pytest.raises(RuntimeError):
        it.detect_stream(file=tmp_path / "clip.mp4", kind="video")
    (stream,) = opened
    assert stream.closed
