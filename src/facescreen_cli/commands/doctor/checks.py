"""All checks, in the order they are told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

from facescreen import errors
from facescreen.clients.credentials import CredentialSource
from facescreen_cli.commands.doctor import buckets, bus, functions, id_verification
from facescreen_cli.commands.doctor.deployment import CheckedDeployment
from facescreen_cli.commands.doctor.endpoints import check_clock, check_endpoint
from facescreen_cli.commands.doctor.result import CheckResult, fault, warning

Check = Callable[[CheckedDeployment, CredentialSource], Iterator[CheckResult]]

# With the service that each needs.
_CHECKS: tuple[tuple[str, str, Check], ...] = (
    ("watched bucket", "OSS", buckets.check_watched_bucket),
    ("state bucket", "OSS", buckets.check_state_bucket),
    ("ID Verification", "ID Verification", id_verification.check_permission),
    ("topic", "MNS", bus.check_topic),
    ("dead letters", "MNS", bus.check_dead_letter_queue),
    ("functions", "Function Compute", functions.check_functions),
    ("collisions", "Function Compute", functions.check_collisions),
)


def run_checks(
    deployment: CheckedDeployment, credentials: CredentialSource | None
) -> Iterator[CheckResult]:
    """What can be seen from here; without credentials, the way to the services alone."""
    with ThreadPoolExecutor(len(_CHECKS)) as pool:
        tried = [
            pool.submit(check_endpoint, name, url, deployment.ca_file)
            for name, url in deployment.endpoints.items()
        ]
        reached = [future.result() for future in tried]
        yield from (one.line for one in reached)
        yield check_clock(reached)
        if credentials is None:
            return
        deaf = {one.service for one in reached if not one.reachable}
        asked = [
            (name, service, pool.submit(_run_check, name, check, deployment, credentials))
            for name, service, check in _CHECKS
            if service not in deaf
        ]
        for _, _, future in asked:
            yield from future.result()
    for name, service, _ in _CHECKS:
        if service in deaf:
            yield warning(name, f"not looked at: {service} can't be reached", "Mend that first.")


def _run_check(
    name: str, check: Check, deployment: CheckedDeployment, credentials: CredentialSource
) -> list[CheckResult]:
    """What a check says, and what it ran into."""
    lines: list[CheckResult] = []
    try:
        lines.extend(check(deployment, credentials))
    except errors.FacescreenError as error:
        lines.append(_explain_error(name, error))
    return lines


def _explain_error(name: str, error: errors.FacescreenError) -> CheckResult:
    if isinstance(error, errors.AccessDeniedError):
        remedy = "Nothing to do if the functions' roles may; else grant it."
        return warning(name, f"these credentials may not look: {error}", remedy)
    if isinstance(error, (errors.InvalidCredentialsError, errors.CredentialsExpiredError)):
        return fault(name, str(error), "Check the AccessKey (and token) and this machine's clock.")
    if isinstance(error, errors.TransientError):
        return fault(name, str(error), "Try again; then see the service's status page.")
    return fault(name, str(error), "See that it is there, in this region, and spelt so.")
