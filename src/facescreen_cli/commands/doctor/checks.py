"""Runs all checks, and yields their results in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

from facescreen import errors
from facescreen.clients.credentials import CredentialSource
from facescreen_cli.commands.doctor import buckets, bus, functions, id_verification
from facescreen_cli.commands.doctor.deployment import CheckedDeployment
from facescreen_cli.commands.doctor.endpoints import check_clock, check_endpoint
from facescreen_cli.commands.doctor.result import CheckResult, fault, warning

CheckFunction = Callable[[CheckedDeployment, CredentialSource], Iterator[CheckResult]]

# The name of each check, the service that it needs, and the check.
_CHECKS: tuple[tuple[str, str, CheckFunction], ...] = (
    ("watched bucket", "OSS", buckets.check_watched_bucket),
    ("versioning", "OSS", buckets.check_versioning),
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
    """Run all checks. Without credentials, check only that the services can be reached."""
    with ThreadPoolExecutor(len(_CHECKS)) as pool:
        endpoint_futures = [
            pool.submit(check_endpoint, name, url, deployment.ca_file)
            for name, url in deployment.endpoints.items()
        ]
        endpoint_results = [future.result() for future in endpoint_futures]
        yield from (endpoint.result for endpoint in endpoint_results)
        yield check_clock(endpoint_results)
        if credentials is None:
            return
        unreachable = {endpoint.service for endpoint in endpoint_results if not endpoint.reachable}
        check_futures = [
            (name, service, pool.submit(_run_check, name, check, deployment, credentials))
            for name, service, check in _CHECKS
            if service not in unreachable
        ]
        for _, _, future in check_futures:
            yield from future.result()
    for name, service, _ in _CHECKS:
        if service in unreachable:
            yield warning(name, f"not checked: {service} can't be reached", "Fix that first.")


def _run_check(
    name: str, check: CheckFunction, deployment: CheckedDeployment, credentials: CredentialSource
) -> list[CheckResult]:
    """Returns a check's results, and the error that ended it."""
    results: list[CheckResult] = []
    try:
        results.extend(check(deployment, credentials))
    except errors.FacescreenError as error:
        results.append(_explain_error(name, error))
    return results


def _explain_error(name: str, error: errors.FacescreenError) -> CheckResult:
    if isinstance(error, errors.AccessDeniedError):
        remedy = "If the functions' roles have this permission, do nothing; otherwise grant it."
        return warning(name, f"can't be checked with these credentials: {error}", remedy)
    if isinstance(error, (errors.InvalidCredentialsError, errors.CredentialsExpiredError)):
        return fault(name, str(error), "Check the AccessKey (and token) and this machine's clock.")
    if isinstance(error, errors.TransientError):
        return fault(name, str(error), "Try again, then see the service's status page.")
    return fault(name, str(error), "Check that it exists in this region, and its name.")
