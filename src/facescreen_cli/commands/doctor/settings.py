"""Checks that the settings are valid and consistent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path

from facescreen.errors import InvalidSettingsError
from facescreen_cli.commands.doctor.deployment import CheckedDeployment, read_deployment
from facescreen_cli.commands.doctor.result import CheckResult, fault, ok, warning
from facescreen_cli.commands.doctor.stack import check_stack
from facescreen_serverless_devs import document
from facescreen_serverless_devs.model import Function
from facescreen_serverless_devs.section import InvalidTemplateError
from facescreen_serverless_devs.variables import find_env_defaults

_NAMES_READ_ELSEWHERE = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
    "ALIBABA_CLOUD_SECURITY_TOKEN", "ALIBABA_CLOUD_ECS_METADATA_DISABLED", "CLOUDAUTH_CA_FILE",
    "FC_ENDPOINT", "FC_FUNCTION", "FC_SERVICE", "HELD_ROLES", "HTTP_TRIGGER_URL",
    "LAMBDA_ARCHITECTURE", "LAMBDA_PYTHON", "LOCAL_ADMIN", "MNS_QUEUE", "REVIEWERS",
}  # fmt: skip
"""Names that the commands read in addition to those in s.yaml."""
_DEFAULT_CALLS_PER_SECOND = 10
_TYPICAL_CALL_DURATION_S = 2
"""About how long a call keeps an instance busy. s.yaml's concurrency is based on it."""


def check_deployment(
    template: Path, environment: Mapping[str, str], *, inside: bool
) -> tuple[CheckedDeployment | None, list[CheckResult]]:
    """Read s.yaml with `environment`. Returns the deployment (None if something is wrong), and the
    results."""
    try:
        deployment = read_deployment(template, environment, inside=inside)
    except InvalidSettingsError as error:
        return None, [_setting_error(text) for text in error.problems]
    except (InvalidTemplateError, UnicodeDecodeError) as error:
        return None, [fault("s.yaml", str(error), "Fix it, or use the s.yaml of the release.")]
    except OSError as error:
        message = f"{error.filename or template}: {error.strerror}"
        return None, [fault("s.yaml", message, "Name the file with --template.")]
    return deployment, [*_check_limits(deployment), *check_stack(deployment)]


def check_unknown_names(template: Path, names: Mapping[str, str]) -> Iterator[CheckResult]:
    """Warn of names in an environment file that nothing reads: most are misspelled."""
    templates = [template, *template.parent.glob("s.*.yaml")]
    template_names = {
        name for path in templates for name in find_env_defaults(document.read_template(path))
    }
    known_names = template_names | _NAMES_READ_ELSEWHERE
    for name in sorted(set(names) - known_names):
        matches = get_close_matches(name, known_names, 1)
        hint = f"Did you mean {matches[0]}?" if matches else "Remove it."
        yield warning("settings", f"nothing reads {name}", hint)


def _setting_error(error_message: str) -> CheckResult:
    message, _, where = error_message.partition(" (find it: ")
    return fault(
        "settings", message, f"Find it: {where.rstrip(')')}." if where else "Correct the setting."
    )


def _check_limits(deployment: CheckedDeployment) -> Iterator[CheckResult]:
    *names, last = (function.name for function in deployment.functions)
    yield ok("settings", f"all are read, by {', '.join(names)} and {last}")
    yield _check_timeouts(deployment)
    settings = deployment.settings
    if settings.calls_per_second > _DEFAULT_CALLS_PER_SECOND:
        message = (
            f"CALLS_PER_SECOND is {settings.calls_per_second:g}; "
            f"an account has {_DEFAULT_CALLS_PER_SECOND}"
        )
        yield warning("quota", message, "Set it lower, unless your quota was raised.")
    yield check_concurrency(deployment.object_created, settings.calls_per_second)
    yield _check_sweep(deployment.sweep)


def _check_timeouts(deployment: CheckedDeployment) -> CheckResult:
    """Whether the function's timeout covers its calls. If not, it is killed during a call."""
    function, settings = deployment.object_created, deployment.settings
    needed = max(2 * settings.video_timeout_s, 3 * settings.image_timeout_s)
    if function.timeout_s < needed:
        message = f"{function.name} may run {function.timeout_s} s; its calls may take {needed:g} s"
        return fault("time-outs", message, f"Set its timeout in s.yaml to at least {needed:g} s.")
    return _check_http_timeout(deployment.http_api, deployment.http_settings.max_wait_s) or ok(
        "time-outs", f"{function.name} may run {function.timeout_s} s, its calls {needed:g} s"
    )


def _check_http_timeout(function: Function, max_wait_s: float) -> CheckResult | None:
    if function.timeout_s > max_wait_s:
        return None
    message = (
        f"{function.name} may run {function.timeout_s} s; HTTP_LONGEST_SECONDS is {max_wait_s:g}"
    )
    return fault("time-outs", message, "Set HTTP_LONGEST_SECONDS lower.")


def _check_sweep(function: Function) -> CheckResult:
    """Whether anything finds uploads whose event was lost."""
    schedules = [timer.expression for timer in function.timers if timer.enabled]
    if schedules:
        return ok("sweep", f"{function.name} runs at {' and '.join(schedules)}")
    message = f"{function.name} is off: an upload whose event is lost has no verdict"
    return warning("sweep", message, "Set SWEEP=true, and deploy.")


def check_concurrency(function: Function, rate: float) -> CheckResult:
    """Compare the reserved instances with the quota; `rate` is in calls a second.

    Each instance makes one call at a time. Too few instances leave the quota idle; too many wait
    for a slot, and that time is billed.
    """
    reserved, needed = function.reserved_concurrency, max(1, round(rate * _TYPICAL_CALL_DURATION_S))
    if reserved is None:
        message = (
            f"{function.name} has no reserved concurrency: a burst starts any number of instances"
        )
        return warning("quota", message, f"Reserve {needed} (concurrencyConfig, in s.yaml).")
    if reserved < needed / 2:
        message = f"{reserved} instances of {function.name} can't use {rate:g} calls a second"
        return warning("quota", message, f"Reserve {needed}, or set CALLS_PER_SECOND lower.")
    if reserved > 4 * needed:
        message = (
            f"{reserved} instances of {function.name} are too many for {rate:g} calls a second: "
            "waiting is billed"
        )
        return warning("quota", message, f"Reserve {needed}.")
    return ok("quota", f"{rate:g} calls a second, {reserved} instances of {function.name}")
