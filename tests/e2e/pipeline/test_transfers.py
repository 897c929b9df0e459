"""Each form of TRANSFER brings an object to the same end, by the operations that it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import leaks
from tests.support.outside import running

PLAIN, STREAM = "DeepfakeDetectIntl", "DeepfakeDetectIntlStream"


@pytest.mark.parametrize(
    ("transfer", "sample", "operation", "way"),
    [
        ("url", "selfies/flagged.jpg", PLAIN, "FaceUrl"),
        ("stream", "selfies/flagged.jpg", STREAM, "FaceUrl"),
        ("inline", "selfies/flagged.jpg", STREAM, "FaceBase64"),
        ("inline", "selfies/clip.mp4", STREAM, "FaceFile"),
        ("inline", "selfies/sideways-phone.jpg", STREAM, "FaceBase64"),
        ("auto", "selfies/flagged.jpg", STREAM, "FaceBase64"),
        ("auto", "selfies/clip.mp4", STREAM, "FaceUrl"),
    ],
)
def test_a_transfer(transfer: str, sample: str, operation: str, way: str, tmp_path: Path) -> None:
    with running(tmp_path, TRANSFER=transfer) as (cloud, outside):
        made = {one.name: one for one in cloud.samples()}
        outside.put("a", made[sample].path.read_bytes())
        verdict = outside.wait_for_message("a")["data"]["verdict"]
        (call,) = outside.calls()
        assert (call["operation"], call["way"]) == (operation, way)
        assert verdict == ("high_risk" if "flagged" in sample else "low_risk")
        assert leaks.find(cloud, tmp_path, outside) == []
