"""What a run would cost, and whether that is wanted."""

from __future__ import annotations

import sys
from collections.abc import Iterable

import click

from facescreen.media.media import Unreadable as NoMedia
from facescreen.media.probe import probe
from facescreen.requirements import Strictness, assess
from facescreen_cli.screen.judge import Opened, digest_of
from facescreen_cli.screen.targets import LocalFile, Target, Unreadable

PRICE_USD = 0.40
"""Of a call that gives a result (id-verification-api.md, "Quota and price")."""
WITHOUT_ASKING = 25
"""Paid calls."""


def paid_calls(targets: Iterable[Target], strictness: Strictness) -> int:
    """At most so many: of files, those that are fit, the same bytes once; of URLs and objects,
    each, for nobody has looked at them yet."""
    contents = {_content(target, strictness) for target in targets}
    return len(contents - {""})


def costs(calls: int) -> str:
    """As people say it."""
    return f"{calls} paid call{'' if calls == 1 else 's'}, USD {calls * PRICE_USD:.2f}"


def check_agreed(calls: int) -> None:
    """Asks on a terminal. Raises click.UsageError for a no, and where nobody can answer."""
    if calls <= WITHOUT_ASKING:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise click.UsageError(
            f"up to {costs(calls)}: more than {WITHOUT_ASKING} calls are paid only with --yes"
        )
    if not click.confirm(f"Up to {costs(calls)}. Go on?", err=True):
        raise click.UsageError("nothing was screened or paid")


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
            return "" if fit.refusals else digest_of(stream)
    except (NoMedia, OSError):
        return ""
