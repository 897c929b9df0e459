"""All checks, in the order they are told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

from facescreen import errors
from facescreen.clients.credentials import CredentialSource
from facescreen_cli.commands.doctor import buckets, bus, functions, verification
from facescreen_cli.commands.doctor.deployment import Deployment
from facescreen_cli.commands.doctor.endpoints import clock, reach
from facescreen_cli.commands.doctor.result import Line, fault, warning

Check = Callable[[Deployment, CredentialSource], Iterator[Line]]

# With the service that each needs.
_CHECKS: tuple[tuple[str, str, Check], ...] = (
    ("watched bucket", "OSS", buckets.watched),
    ("state bucket", "OSS", buckets.state),
    ("ID Verification", "ID Verification", verification.permission),
    ("topic", "MNS", bus.verdicts),
    ("dead letters", "MNS", bus.dead_letters),
    ("functions", "Function Compute", functions.deployed),
    ("collisions", "Function Compute", functions.collisions),
)


def examine(deployment: Deployment, credentials: CredentialSource | None) -> Iterator[Line]:
    """What can be seen from here; without credentials, the way to the services alone."""
    with ThreadPoolExecutor(len(_CHECKS)) as pool:
        tried = [
            pool.submit(reach, name, url, deployment.ca_file)
            for name, url in deployment.endpoints.items()
        ]
        reached = [future.result() for future in tried]
        yield from (one.line for one in reached)
        yield clock(reached)
        if credentials is None:
            return
        deaf = {one.service for one in reached if not one.reachable}
        asked = [
            (name, service, pool.submit(_lines, name, check, deployment, credentials))
            for name, service, check in _CHECKS
            if service not in deaf
        ]
        for _, _, future in asked:
            yield from future.result()
    for name, service, _ in _CHECKS:
        if service in deaf:
            yield warning(name, f"not looked at: {service} can't be reached", "Mend that first.")


def _lines(
    name: str, check: Check, deployment: Deployment, credentials: CredentialSource
) -> list[Line]:
    """What a check says, and what it ran into."""
    lines: list[Line] = []
    try:
        lines.extend(check(deployment, credentials))
    except errors.FacescreenError as error:
        lines.append(_explained(name, error))
    return lines


def _explained(name: str, error: errors.FacescreenError) -> Line:
    if isinstance(error, errors.AccessDeniedError):
        remedy = "Nothing to do if the functions' roles may; else grant it."
        return warning(name, f"these credentials may not look: {error}", remedy)
    if isinstance(error, (errors.InvalidCredentialsError, errors.CredentialsExpiredError)):
        return fault(name, str(error), "Check the AccessKey (and token) and this machine's clock.")
    if isinstance(error, errors.TransientError):
        return fault(name, str(error), "Try again; then see the service's status page.")
    return fault(name, str(error), "See that it is there, in this region, and spelt so.")
