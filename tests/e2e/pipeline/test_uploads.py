"""An upload that fails on its way is made again, also from inside a function."""

from __future__ import annotations

from pathlib import Path

from tests.support.outside import running


def test_a_form_that_was_refused_for_the_moment_is_posted_again(tmp_path: Path) -> None:
    with running(tmp_path, TRANSFER="inline") as (cloud, outside):
        clip = next(one.path for one in cloud.samples() if one.path.name == "clip.mp4")
        outside.behave(uploads={"faults": [{"code": "InternalError", "status": 500}]})
        outside.put("a.mp4", clip.read_bytes())
        assert outside.wait_for_message("a.mp4")["data"]["verdict"] == "low_risk"
        assert cloud.cloudauth.uploads.behaviour.faults == []
