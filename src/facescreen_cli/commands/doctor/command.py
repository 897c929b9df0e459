"""``facescreen doctor``: its options and output."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path

import click

from facescreen_cli.commands.doctor.result import CheckResult, Level, warning
from facescreen_cli.environment import Environment
from facescreen_cli.exit_codes import FAILED, OK
from facescreen_cli.options import environment_option, json_option, profile_option
from facescreen_cli.output import print_json_line, replace_unprintable

_LEVEL_COLORS = {Level.OK: "green", Level.WARNING: "yellow", Level.FAULT: "red"}
_NO_FILE_NOTE = (
    "The settings were read from the environment. To read a deployment's .env, name it with "
    "--env FILE; to write one, start from .env.example in facescreen's repository."
)
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
    help="The deployment's s.yaml.  [default: ./s.yaml, or the one of this program]",
)
@profile_option
@click.option(
    "--inside",
    is_flag=True,
    help="This machine is in the functions' VPC: check the VPC's endpoints.",
)
@click.option(
    "--offline", is_flag=True, help="Check only the settings and s.yaml, without the network."
)
@json_option(help="Print a JSON line for each result.")
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
    """Check a deployment and say what to fix.

    Checks the settings and s.yaml, the credentials and their permissions, the connection to each
    service (DNS, TCP, TLS), the clock, both buckets, who may forge tags, the topic, dead letters,
    the deployed functions, their triggers and colliding ones, and the concurrency against the
    quota. Each line is ok, a warning or a fault, with what to do.

    Writes nothing and makes no paid call. The permissions are those of your credentials: the
    functions have roles of their own.
    """
    results = chain(
        map(_shadowed_setting_warning, environment.shadowed_settings),
        _run_checks(
            template or environment.template, environment, profile, inside=inside, offline=offline
        ),
    )
    printed_results = [_print_result(result, as_json=as_json) for result in results]
    levels = [result.level for result in printed_results]
    if not as_json:
        counts = {level.value: levels.count(level) for level in Level}
        click.echo(format_counts(counts))
        if environment.file is None and any(map(_is_setting_fault, printed_results)):
            click.echo(_NO_FILE_NOTE)
    return FAILED if Level.FAULT in levels else OK


def _run_checks(
    template: Path, environment: Environment, profile: str, *, inside: bool, offline: bool
) -> Iterator[CheckResult]:
    # Imported late: --help must not wait for YAML and the SDKs.
    from facescreen_cli.commands.doctor import credentials, settings
    from facescreen_cli.commands.doctor.checks import run_checks

    deployment, results = settings.check_deployment(template, environment.process, inside=inside)
    yield from results
    if environment.file and template.exists():
        yield from settings.check_unknown_names(template, environment.file)
    source = None
    if not offline:
        source, result = credentials.check_credentials(profile)
        yield result
    if deployment is None or offline:
        return
    yield from run_checks(deployment, source)


def _shadowed_setting_warning(name: str) -> CheckResult:
    message = f"{name} has another value in the environment, which Serverless Devs would take"
    return warning("settings", message, f"unset {name}, or change the line in the file.")


def _is_setting_fault(result: CheckResult) -> bool:
    return result.check == "settings" and result.level is Level.FAULT


def format_counts(counts: Mapping[str, int]) -> str:
    """For people: ``5 ok, 1 warning, 7 faults.``"""
    parts = [
        f"{count} {level if level == Level.OK.value or count == 1 else f'{level}s'}"
        for level, count in counts.items()
        if count
    ]
    return ", ".join(parts) + "."


def _print_result(result: CheckResult, *, as_json: bool) -> CheckResult:
    if as_json:
        print_json_line(
            check=result.check,
            level=result.level,
            says=result.message,
            remedy=result.remedy,
        )
        return result
    level = click.style(f"{result.level.value:8}", fg=_LEVEL_COLORS[result.level])
    click.echo(f"{level} {result.check:25} {replace_unprintable(result.message)}")
    if result.remedy:
        click.echo(f"{'':34} → {replace_unprintable(result.remedy)}")
    return result
