"""Screening targets whose bytes change, and calls that fail."""

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
from facescreen_cli.commands.screen.target_screener import ResultCache, TargetScreener
from facescreen_cli.commands.screen.targets import LocalFile
from facescreen_cli.commands.screen.workers import screen_concurrently
from facescreen_cli.interrupt import StopSignal
from facescreen_local.samples import make_samples

LOW_RISK = Detection(Verdict.LOW_RISK, (), {}, "request", "transaction")


class StubClient(DeepfakeClient):
    """Returns the result of `detect`."""

    def __init__(self, detect: Callable[[], Detection]) -> None:
        super().__init__(scene_code="scene_0001", credentials=Credentials("id", "secret"))
        self._detect = detect

    def detect_stream(self, request: DetectRequest | None = None, **_: Any) -> Detection:
        return self._detect()


@pytest.fixture(scope="module")
def portrait(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    samples = make_samples(tmp_path_factory.mktemp("samples"))
    return next(s.path for s in samples if s.name.endswith("portrait.jpg")).read_bytes()


@pytest.fixture
def photo(tmp_path: Path, portrait: bytes) -> Path:
    path = tmp_path / "photo.jpg"
    path.write_bytes(portrait)
    return path


def create_screener(detect: Callable[[], Detection]) -> TargetScreener:
    return TargetScreener(StubClient(detect), "fs", Strictness.STANDARD, ResultCache())


def raiser(error: Exception) -> Callable[[], Detection]:
    def detect() -> Detection:
        raise error

    return detect


def test_a_file_that_changes_during_the_call_gets_no_verdict(photo: Path) -> None:
    def overwrite_and_detect() -> Detection:
        photo.write_bytes(photo.read_bytes() + b"more")
        return LOW_RISK

    result = create_screener(overwrite_and_detect).screen(LocalFile(photo))
    assert (result.data["verdict"], result.data["reason"]) == ("failed", "ObjectChanged")


def test_a_call_without_a_response_counts_as_unanswered_not_as_paid(photo: Path) -> None:
    result = create_screener(raiser(errors.ResponseTimeoutError("no answer"))).screen(
        LocalFile(photo)
    )
    assert result.data["verdict"] == "failed"
    assert result.unanswered
    assert not result.paid


def test_a_permanent_error_stops_the_run(photo: Path) -> None:
    stop = StopSignal()
    refused_screener = create_screener(raiser(errors.AccessDeniedError("no permission")))
    assert not list(screen_concurrently([LocalFile(photo)] * 100, refused_screener.screen, stop, 4))
    assert isinstance(stop.error, errors.AccessDeniedError)


def test_a_symlink_that_replaced_a_listed_file_is_not_followed(photo: Path) -> None:
    link = photo.with_name("link.jpg")
    link.symlink_to(photo)
    result = create_screener(lambda: LOW_RISK).screen(LocalFile(link, named_by_user=False))
    assert result.data["reason"] == "UnreadableFile"
    assert create_screener(lambda: LOW_RISK).screen(LocalFile(link)).data["verdict"] == "low_risk"
