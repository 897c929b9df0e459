"""The command line: facescreen.

Exit codes: 0 all low risk, 1 something flagged, 2 something unscreenable or failed, 64 usage.
(Commands that screen nothing of the user's end with 0 when they did their work.)
"""

from __future__ import annotations

import sys
from importlib import import_module

import click

from facescreen_cli.exit_codes import USAGE

# Module and name of each command: one that is not asked for is not imported.
COMMANDS = {
    "demo": "facescreen_cli.commands.demo.command:demo",
    "up": "facescreen_cli.commands.up.command:up",
    "screen": "facescreen_cli.commands.screen:screen",
    "doctor": "facescreen_cli.commands.doctor:doctor",
    "report": "facescreen_cli.commands.report:report",
    "package": "facescreen_cli.commands.package:package",
    "release": "facescreen_cli.commands.release:release",
    "backfill": "facescreen_cli.commands.backfill:backfill",
    "redrive": "facescreen_cli.commands.redrive:redrive",
}


class _Commands(click.Group):
    """Imports a command when it is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="facescreen")
def facescreen() -> None:
    """Screen face images and videos for deepfakes.

    Completion in bash: eval "$(_FACESCREEN_COMPLETE=bash_source facescreen)" (or zsh_source,
    fish_source).
    """


def main() -> None:
    """The console script; usage errors end with 64."""
    try:
        status = facescreen(standalone_mode=False)
    except click.UsageError as error:
        error.show()
        sys.exit(USAGE)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
    sys.exit(status if isinstance(status, int) else 0)
