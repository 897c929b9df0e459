"""Writes the help texts in docs/command-line.md, as each command prints them.

python -m facescreen_cli.help_reference
"""

from __future__ import annotations

import re

import click

from facescreen_cli.main import facescreen
from facescreen_cli.project import PROJECT_FOLDER

PAGE_FILE = PROJECT_FOLDER / "docs" / "command-line.md"
_HELP_WIDTH = 78
"""The columns that click fills in a terminal of 80 columns."""
_HELP_BLOCK_PATTERN = re.compile(
    r"^```\nUsage: facescreen ([a-z]*).*?^```$", re.DOTALL | re.MULTILINE
)


def list_commands() -> list[str]:
    """Every command of ``facescreen``, in the order of ``facescreen --help``."""
    return facescreen.list_commands(click.Context(facescreen))


def get_help_text(command: str) -> str:
    """What ``facescreen COMMAND --help`` prints; for an empty `command`, ``facescreen --help``."""
    context = facescreen.make_context(
        "facescreen", [], resilient_parsing=True, terminal_width=_HELP_WIDTH
    )
    if not command:
        return context.get_help()
    name, loaded, _ = facescreen.resolve_command(context, [command])
    if loaded is None:
        raise ValueError(f"facescreen has no command {command!r}")
    return loaded.make_context(name, [], parent=context, resilient_parsing=True).get_help()


def update_page(page: str) -> str:
    """Replace every help text in `page` with the current one, and append a section for each command
    that is missing."""
    documented = _HELP_BLOCK_PATTERN.findall(page)
    missing = [command for command in list_commands() if command not in documented]
    return _HELP_BLOCK_PATTERN.sub(lambda block: _format_help_block(block[1]), page) + "".join(
        f"\n## {command}\n\n{_format_help_block(command)}\n" for command in missing
    )


def _format_help_block(command: str) -> str:
    return f"```\n{get_help_text(command)}\n```"


if __name__ == "__main__":
    PAGE_FILE.write_text(update_page(PAGE_FILE.read_text()))
