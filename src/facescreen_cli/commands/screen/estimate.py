"""Estimates what a run would cost."""

from __future__ import annotations

from collections.abc import Iterable

from facescreen.media.media import UnreadableMediaError
from facescreen.media.probe import probe
from facescreen.requirements import Strictness, assess
from facescreen_cli.commands.screen.target_screener import FileReader, compute_sha256
from facescreen_cli.commands.screen.targets import LocalFile, ScreenTarget, UnreadableTarget


def count_paid_calls(targets: Iterable[ScreenTarget], strictness: Strictness) -> int:
    """The most calls that the targets may cost. Counts files that can be screened, the same bytes
    once; and every URL and object, as their content is not known yet."""
    content_keys = {_build_content_key(target, strictness) for target in targets}
    return len(content_keys - {""})


def _build_content_key(target: ScreenTarget, strictness: Strictness) -> str:
    """A key that is equal for equal content; empty for content that is not charged."""
    if isinstance(target, UnreadableTarget):
        return ""
    if not isinstance(target, LocalFile):
        return target.name
    try:
        with target.open() as stream:
            reader = FileReader(stream)
            assessment = assess(probe(reader), reader.size, strictness, can_convert=False)
            stream.seek(0)
            return "" if assessment.rejections else compute_sha256(stream)
    except (UnreadableMediaError, OSError):
        return ""
