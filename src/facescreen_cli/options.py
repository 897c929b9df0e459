"""Options that several commands have."""

from __future__ import annotations

import click

share_option = click.option(
    "--share",
    type=click.FloatRange(0.01, 1),
    default=0.5,
    show_default=True,
    help="Of CALLS_PER_SECOND. The rest is left to fresh uploads.",
)
cloud_option = click.option(
    "--cloud",
    type=click.Choice(["alibaba", "aws"]),
    default="alibaba",
    show_default=True,
    help="Where the deployment is.",
)
profile_option = click.option(
    "--profile", default="", help="Credentials of this profile of `aliyun configure`."
)
