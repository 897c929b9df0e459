"""How a command ends: its exit codes."""

from __future__ import annotations

import click

from facescreen.errors import FacescreenError

OK = 0
"""All low risk; for a command that screens nothing, that it did its work."""
FLAGGED = 1
FAILED = 2
"""Something is unscreenable or failed, or a service refused."""
USAGE = 64
"""An option, an argument or a setting is missing or wrong: nothing was asked of a service."""
INTERRUPTED = 130


def run_command(command: click.Command) -> int:
    """Run a command with the arguments of this process. Returns its exit code, whatever ends it."""
    try:
        status: int | None = command(standalone_mode=False)
    except click.Abort:
        return INTERRUPTED
    except click.ClickException as error:
        error.show()
        return USAGE if isinstance(error, click.UsageError) else FAILED
    except FacescreenError as error:
        click.echo(f"Error: {error}", err=True)
        return FAILED
    return status or OK
