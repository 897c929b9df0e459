"""The command line: facescreen.

Each package in ``commands/`` is a command: its module ``command`` defines it under the package's
name, and the package's docstring is what ``facescreen --help`` says of it. That module is imported
for its own command alone, and imports late what is slow: ``--help`` and a shell's completion don't
wait for it.

A command returns its exit code, or raises what ends it: exit_codes.py says which error ends how.
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
"""As ``--help`` lists them. Others come after these, by name."""


class _CommandGroup(click.Group):
    """Holds a placeholder for each command, which is all that a list of commands needs."""

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
