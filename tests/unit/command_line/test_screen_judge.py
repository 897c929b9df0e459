"""What a judge makes of bytes that don't stand still, and of answers that don't come."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from facescreen import errors
from facescreen.clients.credentials import Credentials
from facescreen.deepfake.client import DeepfakeClient
from facescreen.deepfake.request import DetectRequest
from facescreen.deepfake.response import Detection
from facescreen.model import Verdict
from facescreen.requirements import Strictness
from facescreen_cli.commands.screen.target_screener import Judge, Once
from facescreen_cli.commands.screen.targets import LocalFile
from facescreen_cli.commands.screen.workers import results
from facescreen_cli.interrupt import StopSignal
from facescreen_local.samples import make_samples

LOW_RISK = Detection(Verdict.LOW_RISK, (), {}, "request", "transaction")


class Answering(DeepfakeClient):
    """Gives what it is told to give."""

    def __init__(self, answer: Callable[[], Detection]) -> None:
        super().__init__(scene_code="scene_0001", credentials=Credentials("id", "secret"))
        self._answer = answer

    def detect_stream(self, request: DetectRequest | None = None, **_: Any) -> Detection:
        return self._answer()


@pytest.fixture(scope="module")
def portrait(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    samples = make_samples(tmp_path_factory.mktemp("samples"))
    return next(s.path for s in samples if s.name.endswith("portrait.jpg")).read_bytes()


@pytest.fixture
def photo(tmp_path: Path, portrait: bytes) -> Path:
    path = tmp_path / "photo.jpg"
    path.write_bytes(portrait)
    return path


def judge(answer: Callable[[], Detection]) -> Judge:
    return Judge(Answering(answer), "fs", Strictness.STANDARD, Once())


def raising(error: Exception) -> Callable[[], Detection]:
    def answer() -> Detection:
        raise error

    return answer


def test_a_verdict_never_stands_on_other_bytes(photo: Path) -> None:
    def overwritten_meanwhile() -> Detection:
        photo.write_bytes(photo.read_bytes() + b"more")
        return LOW_RISK

    result = judge(overwritten_meanwhile).judge(LocalFile(photo))
    assert (result.data["verdict"], result.data["reason"]) == ("failed", "ObjectChanged")


def test_a_call_without_an_answer_may_have_been_paid_for(photo: Path) -> None:
    result = judge(raising(errors.ResponseTimeoutError("no answer"))).judge(LocalFile(photo))
    assert result.data["verdict"] == "failed"
    assert result.unanswered
    assert not result.paid


def test_what_meets_every_call_ends_the_run(photo: Path) -> None:
    stop = StopSignal()
    refusing = judge(raising(errors.AccessDeniedError("no permission")))
    assert not list(results([LocalFile(photo)] * 100, refusing.judge, stop, 4))
    assert isinstance(stop.fault, errors.AccessDeniedError)


def test_a_link_that_took_a_found_file_s_place_is_not_followed(photo: Path) -> None:
    link = photo.with_name("link.jpg")
    link.symlink_to(photo)
    found = judge(lambda: LOW_RISK).judge(LocalFile(link, named=False))
    assert found.data["reason"] == "UnreadableFile"
    assert judge(lambda: LOW_RISK).judge(LocalFile(link)).data["verdict"] == "low_risk"
