"""What a run would cost, and whether that is wanted."""

from __future__ import annotations

from collections.abc import Iterable

from facescreen.media.media import UnreadableMediaError
from facescreen.media.probe import probe
from facescreen.requirements import Strictness, assess
from facescreen_cli.commands.screen.target_screener import Opened, digest_of
from facescreen_cli.commands.screen.targets import LocalFile, Target, Unreadable


def paid_calls(targets: Iterable[Target], strictness: Strictness) -> int:
    """At most so many: of files, those that are fit, the same bytes once; of URLs and objects,
    each, for nobody has looked at them yet."""
    contents = {_content(target, strictness) for target in targets}
    return len(contents - {""})


def _content(target: Target, strictness: Strictness) -> str:
    """What tells a content that would be paid for from any other; empty for one that is free."""
    if isinstance(target, Unreadable):
        return ""
    if not isinstance(target, LocalFile):
        return target.name
    try:
        with target.opened() as stream:
            reader = Opened(stream)
            fit = assess(probe(reader), reader.size, strictness, can_convert=False)
            stream.seek(0)
            return "" if fit.rejections else digest_of(stream)
    except (UnreadableMediaError, OSError):
        return ""
