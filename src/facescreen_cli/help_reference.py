"""Writes the help texts in docs/command-line.md, as each command prints them.

python -m facescreen_cli.help_reference
"""

from __future__ import annotations

import re

import click

from facescreen_cli.main import facescreen
from facescreen_cli.project import PROJECT

PAGE = PROJECT / "docs" / "command-line.md"
_WIDTH = 78
"""Columns that click fills in a terminal of 80."""
_BLOCK = re.compile(r"^```\nUsage: facescreen ([a-z]*).*?^```$", re.DOTALL | re.MULTILINE)


def commands() -> list[str]:
    """Every command of ``facescreen``, in the order of ``facescreen --help``."""
    return facescreen.list_commands(click.Context(facescreen))


def help_text(command: str) -> str:
    """What ``facescreen COMMAND --help`` prints; for an empty `command`, ``facescreen --help``."""
    context = facescreen.make_context(
        "facescreen", [], resilient_parsing=True, terminal_width=_WIDTH
    )
    if not command:
        return context.get_help()
    name, loaded, _ = facescreen.resolve_command(context, [command])
    if loaded is None:
        raise ValueError(f"facescreen has no command {command!r}")
    return loaded.make_context(name, [], parent=context, resilient_parsing=True).get_help()


def update(page: str) -> str:
    """`page` with each of its help texts replaced by the current one."""
    return _BLOCK.sub(lambda block: f"```\n{help_text(block[1])}\n```", page)


def documented(page: str) -> list[str]:
    """The commands whose help text `page` has, in the page's order; empty for ``facescreen``."""
    return _BLOCK.findall(page)


if __name__ == "__main__":
    PAGE.write_text(update(PAGE.read_text()))
