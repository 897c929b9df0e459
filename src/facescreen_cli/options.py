"""Options that several commands share."""

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
    help="File of KEY=value lines that override the environment. s.yaml's defaults fill the rest.",
)
"""For every command. It sets an Environment, which ``click.pass_obj`` passes to the command."""
share_option = click.option(
    "--share",
    type=click.FloatRange(0.01, 1),
    default=0.5,
    show_default=True,
    help="The share of CALLS_PER_SECOND to use. The rest is left for new uploads.",
)
cloud_option = click.option(
    "--cloud",
    type=click.Choice([known.name for known in choose.PLATFORMS]),
    default=choose.PLATFORMS[0].name,
    show_default=True,
    help="Where the deployment is.",
)
profile_option = click.option(
    "--profile",
    default="",
    help="Use the credentials of this `aliyun configure` profile.  [default: the environment's, "
    "then the default profile's]",
)
# Each command passes its own `help`.
json_option = partial(click.option, "--json", "as_json", is_flag=True)
dry_run_option = partial(click.option, "--dry-run", is_flag=True)
yes_option = partial(click.option, "--yes", is_flag=True)

_AGE_PATTERN = re.compile(r"(\d{1,6})([mhd])")
_AGE_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def parse_time(value: str, now: datetime) -> datetime:
    """Parse ``2026-11-23``, ``2026-11-23T04:05:06Z`` (UTC), or an age: ``90m``, ``24h``, ``7d``.

    Raises ValueError.
    """
    if match := _AGE_PATTERN.fullmatch(value):
        return now - timedelta(**{_AGE_UNITS[match[2]]: int(match[1])})
    time = datetime.fromisoformat(value.replace("Z", "+00:00"))
    return time if time.tzinfo else time.replace(tzinfo=timezone.utc)
