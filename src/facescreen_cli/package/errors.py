"""Why there is no package."""

from __future__ import annotations

import click


class Unpackaged(click.ClickException):
    """Its message names what is wrong, and what to do."""

    exit_code = 2
