"""How a command speaks: results on standard output, everything else on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import StringIO

import click
from rich.console import Console, RenderableType
from rich.progress import Progress, ProgressColumn, TaskID


def printable(text: str) -> str:
    """Fit for a terminal, which a file's name may try to steer."""
    return "".join(letter if letter.isprintable() else "�" for letter in text)


def note(text: str) -> None:
    """What is no result: it stays out of what is piped on."""
    click.echo(text, err=True)


def json_line(**record: object) -> None:
    """A result for programs, at once."""
    click.echo(json.dumps(record))


def json_document(record: object) -> str:
    """The one result for programs."""
    return json.dumps(record, indent=1)


def show(*parts: RenderableType, width: int) -> None:
    """Tables and texts of rich, as wide as the terminal, or `width` where there is none."""
    console = Console(width=None if sys.stdout.isatty() else width)
    for part in parts:
        console.print(part)


def rendered(part: RenderableType, *, width: int) -> str:
    """The same as a string, without colours."""
    text = StringIO()
    Console(file=text, width=width).print(part)
    return text.getvalue()


@dataclass(frozen=True)
class Bar:
    """How far something is."""

    _progress: Progress
    _task: TaskID

    def advance(self, more: int = 1) -> None:
        """By so many."""
        self._progress.advance(self._task, more)

    def reach(self, completed: int) -> None:
        """So many in all."""
        self._progress.update(self._task, completed=completed)


@contextmanager
def progress(
    *columns: str | ProgressColumn, total: int | None, completed: int = 0
) -> Iterator[Bar]:
    """A bar on standard error, if that is a terminal. Without a `total` it only counts."""
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as shown:
        yield Bar(shown, shown.add_task("", total=total, completed=completed))
