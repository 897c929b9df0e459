"""Verdicts scripted in verdicts.json, which may change while the service runs."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from facescreen_local.id_verification.errors import IdVerificationError
from facescreen_local.id_verification.verdicts import (
    LOW_RISK_ANALYSIS,
    FaceAnalysis,
    ScriptedAnalyzer,
)
from facescreen_local.samples import SampleFile, build_scripted_verdicts
from tests.integration.id_verification.sdk_client import ALLOW_SDK, SdkCaller

pytestmark = ALLOW_SDK

CONTENT = b"some bytes"
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def scripted(data: Path) -> Iterator[Path]:
    """Path of the running service's verdicts.json."""
    path = data / "verdicts.json"
    yield path
    path.unlink(missing_ok=True)


def test_an_edit_takes_effect_while_the_service_runs(
    sdk: SdkCaller, scripted: Path, samples: dict[str, SampleFile]
) -> None:
    flagged = samples["flagged.jpg"]
    inline = base64.b64encode(flagged.path.read_bytes()).decode()

    def result() -> dict[str, Any]:
        response: dict[str, Any] = sdk.detect(face_base_64=inline)["body"]["ResultObject"]
        del response["TransactionId"]
        return response

    assert result()["Result"] == "0"
    scripted.write_text(json.dumps(build_scripted_verdicts([flagged])))
    assert result() == {
        "Result": "1",
        "RiskTag": "SuspectDeepForgery",
        "RiskScore": {"SuspectDeepForgery": "0.96"},
    }
    digest = hashlib.sha256(flagged.path.read_bytes()).hexdigest()
    tags = ["SuspectRemake", "SuspectTemple"]
    scripted.write_text(json.dumps({digest: {"Result": "2", "RiskTag": tags}}))
    assert result() == {
        "Result": "2",
        "RiskTag": "SuspectRemake,SuspectTemple",
        "RiskScore": {"SuspectRemake": "0.96", "SuspectTemple": "0.96"},
    }
    scripted.write_text("{")
    assert sdk.refusal(face_base_64=inline) == (500, "InternalError")
    scripted.unlink()
    assert result() == {"Result": "0", "RiskTag": "", "RiskScore": {}}


@pytest.mark.parametrize("digest", [DIGEST, DIGEST.upper()])
def test_a_verdict_applies_to_exactly_the_same_bytes(tmp_path: Path, digest: str) -> None:
    path = tmp_path / "verdicts.json"
    path.write_text(json.dumps({digest: {"Result": "1", "label": "mine"}}))
    analyzer = ScriptedAnalyzer(path)
    assert analyzer.analyze(CONTENT) == FaceAnalysis("1")
    assert analyzer.analyze(CONTENT + b".") == LOW_RISK_ANALYSIS


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[]", "expected an object"),
        ("{", "line 1"),
        (b"\xff", "utf-8"),
        (json.dumps({DIGEST: "1"}), DIGEST),
        (json.dumps({DIGEST: {"Result": 1}}), 'Result must be "0", "1" or "2"'),
        (json.dumps({DIGEST: {"Result": "1", "RiskTag": "SuspectRemake"}}), "must be a list"),
        (json.dumps({DIGEST: {"Result": "1", "RiskTag": [1]}}), "must be a list"),
    ],
)
def test_an_invalid_file_is_an_error(tmp_path: Path, text: str | bytes, expected: str) -> None:
    path = tmp_path / "verdicts.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    analyzer = ScriptedAnalyzer(path)
    for _ in range(2):
        with pytest.raises(IdVerificationError, match=expected) as raised:
            analyzer.analyze(CONTENT)
        assert raised.value.code == "InternalError"
        assert "verdicts.json" in str(raised.value)
