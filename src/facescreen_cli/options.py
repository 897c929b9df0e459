"""Options that several commands have."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path

import click

from facescreen.platforms import choose
from facescreen_cli.environment import load_environment


def _load_env_file(context: click.Context, _: click.Parameter, path: Path | None) -> None:
    context.obj = load_environment(path)


environment_option = click.option(
    "--env",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    callback=_load_env_file,
    expose_value=False,
    help="KEY=value lines: they override the environment, and s.yaml's defaults fill the rest.",
)
"""Every command has it. What it makes is an Environment, handed over by ``click.pass_obj``."""
share_option = click.option(
    "--share",
    type=click.FloatRange(0.01, 1),
    default=0.5,
    show_default=True,
    help="Of CALLS_PER_SECOND. The rest is left to fresh uploads.",
)
cloud_option = click.option(
    "--cloud",
    type=click.Choice([known.name for known in choose.KNOWN]),
    default=choose.KNOWN[0].name,
    show_default=True,
    help="Where the deployment is.",
)
profile_option = click.option(
    "--profile",
    default="",
    help="Credentials of this profile of `aliyun configure`.  [default: the environment's, then "
    "the default profile's]",
)
# To be called with a `help` of the command's own.
json_option = partial(click.option, "--json", "as_json", is_flag=True)
dry_run_option = partial(click.option, "--dry-run", is_flag=True)
yes_option = partial(click.option, "--yes", is_flag=True)

_AGE_PATTERN = re.compile(r"(\d{1,6})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def parse_time(value: str, now: datetime) -> datetime:
    """``2026-11-23``, ``2026-11-23T04:05:06Z`` (UTC), or as long ago as ``90m``, ``24h``, ``7d``.

    Raises ValueError.
    """
    if match := _AGE_PATTERN.fullmatch(value):
        return now - timedelta(**{_UNITS[match[2]]: int(match[1])})
    time = datetime.fromisoformat(value.replace("Z", "+00:00"))
    return time if time.tzinfo else time.replace(tzinfo=timezone.utc)
