"""What of the quota a command may use that hands objects to the function."""

from __future__ import annotations

import click

share_option = click.option(
    "--share",
    type=click.FloatRange(0.01, 1),
    default=0.5,
    show_default=True,
    help="Of CALLS_PER_SECOND. The rest is left to fresh uploads.",
)
