"""Whether Function Compute has what s.yaml says, and whether others are in its way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from facescreen.clients.credentials import CredentialSource
from facescreen_cli.commands.doctor.deployment import CheckedDeployment
from facescreen_cli.commands.doctor.function_compute import FunctionComputeReader
from facescreen_cli.commands.doctor.result import CheckResult, fault, ok, warning
from facescreen_serverless_devs.model import EventBridgeTrigger, Function, OssTrigger

_READER_THREADS = 8
_MAX_TRIGGERS = 10
"""On one bucket (function-compute.md)."""


def check_functions(
    deployment: CheckedDeployment, credentials: CredentialSource
) -> Iterator[CheckResult]:
    """Both functions, and what becomes of events that fail. Raises errors.FacescreenError."""
    there = FunctionComputeReader(deployment, credentials)
    found = {function.name: there.function(function.name) for function in deployment.functions}
    missing = [name for name, function in found.items() if function is None]
    if missing:
        yield fault("functions", f"not deployed: {', '.join(missing)}", "Deploy: s deploy")
        return
    for function in deployment.functions:
        yield _check_configuration(there, function, found[function.name])
    mine = deployment.object_created
    yield _check_trigger(there, mine, deployment.bucket)
    yield _check_on_failure(there, mine)
    yield _check_http_auth(there, deployment)


def check_collisions(
    deployment: CheckedDeployment, credentials: CredentialSource
) -> Iterator[CheckResult]:
    """Triggers of other functions on the watched bucket. Raises errors.FacescreenError."""
    there, own = FunctionComputeReader(deployment, credentials), deployment.object_created
    others = [name for name in there.names() if name != own.name]
    with ThreadPoolExecutor(_READER_THREADS) as lookers:
        found = dict(zip(others, lookers.map(there.oss_triggers, others), strict=True))
    bucket = deployment.bucket
    on_bucket = [
        (name, trigger)
        for name, triggers in found.items()
        for trigger in triggers
        if trigger.bucket == bucket
    ]
    clashing = sorted(
        {
            name
            for name, trigger in on_bucket
            if any(triggers_overlap(trigger, mine) for mine in _oss_triggers(own))
        }
    )
    if clashing:
        says = f"the same events of {bucket} trigger {', '.join(clashing)} too"
        remedy = "Give each a prefix of its own, or take the bucket's events by EventBridge."
        yield fault("collisions", says, remedy)
    elif len(on_bucket) + len(_oss_triggers(own)) > _MAX_TRIGGERS:
        says = f"{len(on_bucket)} other triggers are on {bucket}; a bucket takes {_MAX_TRIGGERS}"
        yield fault("collisions", says, "Take the bucket's events by EventBridge.")
    else:
        yield ok("collisions", f"no other function takes these events of {bucket}")


def triggers_overlap(one: OssTrigger, other: OssTrigger) -> bool:
    """Whether some object of a bucket could fire both."""
    return (
        _is_nested(one.prefix, other.prefix)
        and _is_nested(one.suffix[::-1], other.suffix[::-1])
        and any(_events_overlap(a, b) for a in one.events for b in other.events)
    )


def _is_nested(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def _events_overlap(one: str, other: str) -> bool:
    """Whether one event fits both; ``oss:ObjectCreated:*`` is all of a kind."""
    return _is_nested(one.removesuffix("*"), other.removesuffix("*")) and (
        "*" in one + other or one == other
    )


def _check_configuration(
    there: FunctionComputeReader, function: Function, found: Any
) -> CheckResult:
    """`found` is a ``models.Function``."""
    if found.state != "Active":
        says = f"{function.name} is {found.state}"
        return fault("functions", says, "See its page, or deploy again.")
    has = dict(found.environment_variables or {})
    differing = sorted(
        name
        for name in {*has, *function.environment}
        if has.get(name, "") != function.environment.get(name, "")
    )
    pairs = {
        "timeout": (found.timeout, function.timeout_s),
        "handler": (found.handler, function.handler),
        "reservedConcurrency": (
            there.reserved_concurrency(function.name),
            function.reserved_concurrency,
        ),
    }
    differing += [name for name, (there_is, wanted) in pairs.items() if there_is != wanted]
    if differing:
        says = f"{function.name} was deployed with another {', '.join(differing)}"
        return warning("functions", says, "Deploy again, or take what is deployed.")
    return ok("functions", f"{function.name} is deployed as s.yaml says")


def _check_trigger(there: FunctionComputeReader, function: Function, bucket: str) -> CheckResult:
    """Whether the bucket's events come, by its own triggers or by EventBridge."""
    wanted = {_trigger_key(trigger) for trigger in function.bucket_triggers}
    native, rules = there.oss_triggers(function.name), there.rules(function.name)
    if wanted and wanted <= {*map(_trigger_key, native), *map(_trigger_key, rules)}:
        return ok("trigger", f"events of {bucket} come to {function.name}")
    says = f"{function.name} has no such trigger as s.yaml says on {bucket}"
    return fault("trigger", says, "Deploy again: nothing is screened without it.")


def _check_on_failure(there: FunctionComputeReader, function: Function) -> CheckResult:
    """Whether failed events are kept where s.yaml says."""
    found = there.on_failure(function.name)
    if found and found == function.on_failure:
        return ok("dead letters", f"failed events of {function.name} are kept")
    says = f"failed events of {function.name} go {'elsewhere' if found else 'nowhere'}"
    remedy = "Set destinationConfig.onFailure in s.yaml to the queue of MNS_DLQ, and deploy."
    return fault("dead letters", says, remedy)


def _check_http_auth(there: FunctionComputeReader, deployment: CheckedDeployment) -> CheckResult:
    """Whether strangers may call the HTTP trigger, and spend money."""
    name = deployment.http_api.name
    if not there.is_open(name):
        return ok("HTTP trigger", f"callers of {name} sign their requests")
    if deployment.settings.local:
        return ok("HTTP trigger", f"{name} is open, and nobody but this machine can reach it")
    if deployment.web.tokens:
        return ok("HTTP trigger", f"callers of {name} need a bearer token")
    says = f"anybody may call {name}, at your cost"
    return fault("HTTP trigger", says, "Deploy again with HTTP_AUTH=function.")


def _oss_triggers(function: Function) -> list[OssTrigger]:
    return [trigger for trigger in function.triggers if isinstance(trigger, OssTrigger)]


def _trigger_key(trigger: OssTrigger | EventBridgeTrigger) -> tuple[object, ...]:
    """All but its name."""
    if isinstance(trigger, EventBridgeTrigger):
        return json.dumps(trigger.pattern.fields, sort_keys=True), trigger.enabled
    return trigger.bucket, frozenset(trigger.events), trigger.prefix, trigger.suffix
