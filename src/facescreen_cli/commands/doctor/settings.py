"""Settings: whether the functions would start with them, and whether they fit together."""

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
from facescreen_serverless_devs.variables import names_of

_OTHER_NAMES = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
    "ALIBABA_CLOUD_SECURITY_TOKEN", "ALIBABA_CLOUD_ECS_METADATA_DISABLED", "CLOUDAUTH_CA_FILE",
    "FC_ENDPOINT", "FC_FUNCTION", "HTTP_TRIGGER_URL", "LOCAL_ADMIN", "MNS_QUEUE",
}  # fmt: skip
"""What is read beside the names in s.yaml."""
_DEFAULT_QUOTA = 10
_TYPICAL_CALL_S = 2
"""About how long a call keeps an instance busy: what s.yaml's concurrency is made from."""


def check_deployment(
    template: Path, environment: Mapping[str, str], *, inside: bool
) -> tuple[CheckedDeployment | None, list[CheckResult]]:
    """What s.yaml makes of `environment`, or what is wrong with either."""
    try:
        found = read_deployment(template, environment, inside=inside)
    except InvalidSettingsError as bad:
        return None, [_setting_error(sentence) for sentence in bad.wrong]
    except (InvalidTemplateError, UnicodeDecodeError) as bad:
        return None, [fault("s.yaml", str(bad), "Mend it, or take the one of the release.")]
    except OSError as error:
        why = f"{error.filename or template}: {error.strerror}"
        return None, [fault("s.yaml", why, "Name the file with --template.")]
    return found, [*_check_limits(found), *check_stack(found)]


def check_unknown_names(template: Path, given: Mapping[str, str]) -> Iterator[CheckResult]:
    """Names in an environment file that nothing reads: most are misspelt."""
    beside = [template, *template.parent.glob("s.*.yaml")]
    known = {name for path in beside for name in names_of(document.read(path))} | _OTHER_NAMES
    for name in sorted(set(given) - known):
        meant = get_close_matches(name, known, 1)
        hint = f"Did you mean {meant[0]}?" if meant else "Take it out."
        yield warning("settings", f"{name} is read by nothing", hint)


def _setting_error(sentence: str) -> CheckResult:
    says, _, where = sentence.partition(" (find it: ")
    return fault("settings", says, f"Find it: {where.rstrip(')')}." if where else "Set it so.")


def _check_limits(check_deployment: CheckedDeployment) -> Iterator[CheckResult]:
    *names, last = (function.name for function in check_deployment.functions)
    yield ok("settings", f"all are read, by {', '.join(names)} and {last}")
    yield _check_timeouts(check_deployment)
    settings = check_deployment.settings
    if settings.calls_per_second > _DEFAULT_QUOTA:
        says = f"CALLS_PER_SECOND is {settings.calls_per_second:g}; an account has {_DEFAULT_QUOTA}"
        yield warning("quota", says, "Set it lower, unless your quota was raised.")
    yield check_concurrency(check_deployment.object_created, settings.calls_per_second)


def _check_timeouts(check_deployment: CheckedDeployment) -> CheckResult:
    """Whether a function outlives what it waits for: else it is killed in the middle of a call."""
    function, settings = check_deployment.object_created, check_deployment.settings
    needed = max(2 * settings.video_timeout_s, 3 * settings.image_timeout_s)
    if function.timeout_s < needed:
        says = f"{function.name} may run {function.timeout_s} s; its calls may take {needed:g} s"
        return fault("time-outs", says, f"Give it at least {needed:g} s (timeout, in s.yaml).")
    return _check_http_timeout(check_deployment.http_api, check_deployment.web.max_wait_s) or ok(
        "time-outs", f"{function.name} may run {function.timeout_s} s, its calls {needed:g} s"
    )


def _check_http_timeout(function: Function, longest_s: float) -> CheckResult | None:
    if function.timeout_s > longest_s:
        return None
    says = f"{function.name} may run {function.timeout_s} s; HTTP_LONGEST_SECONDS is {longest_s:g}"
    return fault("time-outs", says, "Set HTTP_LONGEST_SECONDS lower.")


def check_concurrency(function: Function, rate: float) -> CheckResult:
    """Instances against the quota, in calls a second.

    Each instance has one call under way. Too few leave the quota idle; what is too many waits
    for its turn, and that is billed.
    """
    has, needed = function.reserved_concurrency, max(1, round(rate * _TYPICAL_CALL_S))
    if has is None:
        says = f"{function.name} has no reserved concurrency: a burst starts any number of it"
        return warning("quota", says, f"Reserve {needed} (concurrencyConfig, in s.yaml).")
    if has < needed / 2:
        says = f"{has} instances of {function.name} can't use {rate:g} calls a second"
        return warning("quota", says, f"Reserve {needed}, or set CALLS_PER_SECOND lower.")
    if has > 4 * needed:
        says = f"{has} instances of {function.name} would wait for {rate:g} calls a second, billed"
        return warning("quota", says, f"Reserve {needed}.")
    return ok("quota", f"{rate:g} calls a second, {has} instances of {function.name}")
