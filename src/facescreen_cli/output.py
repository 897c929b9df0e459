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


def replace_unprintable(text: str) -> str:
    """Fit for a terminal, which a file's name may try to steer."""
    return "".join(character if character.isprintable() else "�" for character in text)


def print_note(text: str) -> None:
    """What is no result: it stays out of what is piped on."""
    click.echo(text, err=True)


def print_json_line(**record: object) -> None:
    """A result for programs, at once."""
    click.echo(json.dumps(record))


def to_json(record: object) -> str:
    """The one result for programs."""
    return json.dumps(record, indent=1)


def print_rich(*renderables: RenderableType, width: int) -> None:
    """Tables and texts of rich, as wide as the terminal, or `width` where there is none."""
    console = Console(width=None if sys.stdout.isatty() else width)
    for renderable in renderables:
        console.print(renderable)


def render_text(renderable: RenderableType, *, width: int) -> str:
    """The same as a string, without colours."""
    text = StringIO()
    Console(file=text, width=width).print(renderable)
    return text.getvalue()


@dataclass(frozen=True)
class ProgressBar:
    """How far something is."""

    _progress: Progress
    _task_id: TaskID

    def advance(self, steps: int = 1) -> None:
        """By so many."""
        self._progress.advance(self._task_id, steps)

    def set_completed(self, completed: int) -> None:
        """So many in all."""
        self._progress.update(self._task_id, completed=completed)


@contextmanager
def progress_bar(
    *columns: str | ProgressColumn, total: int | None, completed: int = 0
) -> Iterator[ProgressBar]:
    """A bar on standard error, if that is a terminal. Without a `total` it only counts."""
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        yield ProgressBar(bar, bar.add_task("", total=total, completed=completed))
