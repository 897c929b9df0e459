"""Prints results on standard output, and everything else on standard error."""

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
    """Replace unprintable characters: a file's name may hold control sequences for terminals."""
    return "".join(character if character.isprintable() else "�" for character in text)


def print_note(text: str) -> None:
    """Print on standard error, so that it is not piped with the results."""
    click.echo(text, err=True)


def print_json_line(**record: object) -> None:
    """Print one result for programs, at once."""
    click.echo(json.dumps(record))


def to_json(record: object) -> str:
    """The only result for programs, as a JSON document."""
    return json.dumps(record, indent=1)


def print_rich(*renderables: RenderableType, width: int) -> None:
    """Print tables and texts of rich, as wide as the terminal, or `width` without a terminal."""
    console = Console(width=None if sys.stdout.isatty() else width)
    for renderable in renderables:
        console.print(renderable)


def render_text(renderable: RenderableType, *, width: int) -> str:
    """Render it as a string without colors."""
    text = StringIO()
    Console(file=text, width=width).print(renderable)
    return text.getvalue()


@dataclass(frozen=True)
class ProgressBar:
    """A running progress bar."""

    _progress: Progress
    _task_id: TaskID

    def advance(self, steps: int = 1) -> None:
        """Advance by `steps`."""
        self._progress.advance(self._task_id, steps)

    def set_completed(self, completed: int) -> None:
        """Set the number of completed steps."""
        self._progress.update(self._task_id, completed=completed)


@contextmanager
def show_progress_bar(
    *columns: str | ProgressColumn, total: int | None, completed: int = 0
) -> Iterator[ProgressBar]:
    """Show a bar on standard error if that is a terminal. Without a `total` it only counts."""
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        yield ProgressBar(bar, bar.add_task("", total=total, completed=completed))
