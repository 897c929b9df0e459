"""The command: its options, and how it tells what was found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from itertools import chain
from pathlib import Path

import click

from facescreen_cli.commands.doctor.result import CheckResult, Level, warning
from facescreen_cli.environment import Environment
from facescreen_cli.exit_codes import FAILED, OK
from facescreen_cli.options import environment_option, json_option, profile_option
from facescreen_cli.output import print_json_line, replace_unprintable

_COLORS = {Level.OK: "green", Level.WARNING: "yellow", Level.FAULT: "red"}
_EXAMPLES = """
\b
Examples:
  facescreen doctor
  facescreen doctor --env .env --offline
  facescreen doctor --env .env --json

\b
Exit codes: 0 no fault, 2 a fault, 64 usage.
"""


@click.command(epilog=_EXAMPLES)
@environment_option
@click.option(
    "--template",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The s.yaml of the deployment.  [default: ./s.yaml, or the one beside this program]",
)
@profile_option
@click.option(
    "--inside", is_flag=True, help="This machine is in the functions' VPC: try its endpoints."
)
@click.option("--offline", is_flag=True, help="Settings and s.yaml alone: ask nobody.")
@json_option(help="A JSON line for each.")
@click.pass_obj
def doctor(
    environment: Environment,
    *,
    template: Path | None,
    profile: str,
    inside: bool,
    offline: bool,
    as_json: bool,
) -> int:
    """Find what keeps a deployment from working.

    Looks at the settings and s.yaml, the credentials and what they may do, the way to each
    service (DNS, TCP, TLS), the clock, both buckets, who may forge tags, the topic, dead letters,
    the deployed functions, their triggers and whose else collide with them, and the quota against
    the concurrency. Each line is ok, a warning or a fault, with what to do.

    Nothing is written, and no call is paid for. What the credentials may do is said of yours: the
    functions have roles of their own.
    """
    lines = chain(
        map(_shadowed_warning, environment.shadowed),
        _run_checks(
            template or environment.template, environment, profile, inside=inside, offline=offline
        ),
    )
    levels = [_print_result(line, as_json=as_json) for line in lines]
    if not as_json:
        counts = {level.value: levels.count(level) for level in Level}
        click.echo(", ".join(f"{n} {level}" for level, n in counts.items() if n) + ".")
    return FAILED if Level.FAULT in levels else OK


def _run_checks(
    template: Path, environment: Environment, profile: str, *, inside: bool, offline: bool
) -> Iterator[CheckResult]:
    # Imported late: --help is not to wait for YAML and the SDKs.
    from facescreen_cli.commands.doctor import credentials, settings
    from facescreen_cli.commands.doctor.checks import run_checks

    deployment, told = settings.check_deployment(template, environment.process, inside=inside)
    yield from told
    if environment.file and template.exists():
        yield from settings.check_unknown_names(template, environment.file)
    source = None
    if not offline:
        source, line = credentials.check_credentials(profile)
        yield line
    if deployment is None or offline:
        return
    yield from run_checks(deployment, source)


def _shadowed_warning(name: str) -> CheckResult:
    says = f"{name} has another value in the environment, which Serverless Devs would take"
    return warning("settings", says, f"unset {name}, or change the line.")


def _print_result(line: CheckResult, *, as_json: bool) -> Level:
    if as_json:
        print_json_line(**asdict(line))
        return line.level
    level = click.style(f"{line.level.value:8}", fg=_COLORS[line.level])
    click.echo(f"{level} {line.check:25} {replace_unprintable(line.says)}")
    if line.remedy:
        click.echo(f"{'':34} → {replace_unprintable(line.remedy)}")
    return line.level
