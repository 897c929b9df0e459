"""The command line: facescreen.

Each package in ``commands/`` is a command. Its module ``command`` defines the command under the
package's name, and the package's docstring is its line in ``facescreen --help``. The module is
imported only to run its own command, and imports slow modules late, so that ``--help`` and shell
completion are fast.

A command returns its exit code or raises an error: exit_codes.py maps errors to exit codes.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

import click

from facescreen_cli import commands
from facescreen_cli.exit_codes import run_command

_COMMAND_ORDER = (
    "demo",
    "up",
    "screen",
    "doctor",
    "report",
    "package",
    "release",
    "backfill",
    "redrive",
)
"""The order in ``--help``. Other commands follow, ordered by name."""


class _CommandGroup(click.Group):
    """Holds a placeholder for each command, which is enough to list them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        positions = {name: position for position, name in enumerate(_COMMAND_ORDER)}
        return sorted(self.commands, key=lambda name: (positions.get(name, len(positions)), name))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Imports the command that is about to run."""
        name, command, remaining_args = super().resolve_command(ctx, args)
        if name is not None:
            command = getattr(_import_command_module(f"{name}.command"), name)
        return name, command, remaining_args


def _placeholder_commands() -> list[click.Command]:
    names = [package.name for package in iter_modules(commands.__path__)]
    return [click.Command(name, help=_import_command_module(name).__doc__) for name in names]


def _import_command_module(name: str) -> ModuleType:
    return import_module(f"{commands.__name__}.{name}")


@click.group(
    cls=_CommandGroup,
    commands=_placeholder_commands(),
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="facescreen")
def facescreen() -> None:
    """Screen face images and videos for deepfakes.

    Completion in bash: eval "$(_FACESCREEN_COMPLETE=bash_source facescreen)" (or zsh_source,
    fish_source).
    """


def main() -> None:
    """The console script."""
    sys.exit(run_command(facescreen))
