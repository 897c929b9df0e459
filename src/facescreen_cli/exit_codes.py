"""The exit codes of commands."""

from __future__ import annotations

import click

from facescreen.errors import FacescreenError

OK = 0
"""Everything is low risk; for a command that screens nothing, it completed."""
FLAGGED = 1
FAILED = 2
"""Something is unscreenable or failed, or a service rejected a request."""
USAGE = 64
"""An option, an argument or a setting is missing or wrong. No service was called."""
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
