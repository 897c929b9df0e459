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
"""The columns that click fills in a terminal of 80 columns."""
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
    """Replace every help text in `page` with the current one, and append a section for each command
    that is missing."""
    documented = _BLOCK.findall(page)
    missing = [command for command in commands() if command not in documented]
    return _BLOCK.sub(lambda block: _block(block[1]), page) + "".join(
        f"\n## {command}\n\n{_block(command)}\n" for command in missing
    )


def _block(command: str) -> str:
    return f"```\n{help_text(command)}\n```"


if __name__ == "__main__":
    PAGE.write_text(update(PAGE.read_text()))
