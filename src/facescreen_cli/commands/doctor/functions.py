"""Checks that Function Compute matches s.yaml, and that no other function's trigger collides."""

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
"""Triggers on one bucket (function-compute.md)."""


def check_functions(
    deployment: CheckedDeployment, credentials: CredentialSource
) -> Iterator[CheckResult]:
    """Check each function, the trigger, and the destination of failed events. Raises
    errors.FacescreenError."""
    reader = FunctionComputeReader(deployment, credentials)
    existing = {
        function.name: reader.get_function(function.name) for function in deployment.functions
    }
    missing = [name for name, function in existing.items() if function is None]
    if missing:
        yield fault("functions", f"not deployed: {', '.join(missing)}", "Run: s deploy")
        return
    for function in deployment.functions:
        yield _check_configuration(reader, function, existing[function.name])
    function = deployment.object_created
    yield _check_trigger(reader, function, deployment.bucket)
    yield _check_on_failure(reader, function)
    yield from _check_timers(reader, deployment.sweep)
    yield _check_http_auth(reader, deployment)


def check_collisions(
    deployment: CheckedDeployment, credentials: CredentialSource
) -> Iterator[CheckResult]:
    """Check the triggers of other functions on the bucket. Raises errors.FacescreenError."""
    reader, object_created = (
        FunctionComputeReader(deployment, credentials),
        deployment.object_created,
    )
    other_names = [name for name in reader.list_function_names() if name != object_created.name]
    with ThreadPoolExecutor(_READER_THREADS) as threads:
        triggers_by_name = zip(
            other_names, threads.map(reader.list_oss_triggers, other_names), strict=True
        )
    bucket = deployment.bucket
    on_bucket = [
        (name, trigger)
        for name, triggers in triggers_by_name
        for trigger in triggers
        if trigger.bucket == bucket
    ]
    clashing = sorted(
        {
            name
            for name, trigger in on_bucket
            if any(triggers_overlap(trigger, own) for own in _oss_triggers(object_created))
        }
    )
    if clashing:
        message = f"the same events of {bucket} trigger {', '.join(clashing)} too"
        remedy = "Give each its own prefix, or receive the bucket's events through EventBridge."
        yield fault("collisions", message, remedy)
    elif len(on_bucket) + len(_oss_triggers(object_created)) > _MAX_TRIGGERS:
        message = f"{len(on_bucket)} other triggers are on {bucket}; a bucket takes {_MAX_TRIGGERS}"
        yield fault("collisions", message, "Receive the bucket's events through EventBridge.")
    else:
        yield ok("collisions", f"no other function receives these events of {bucket}")


def triggers_overlap(trigger: OssTrigger, other_trigger: OssTrigger) -> bool:
    """Whether one object could fire both triggers."""
    return (
        _is_nested(trigger.prefix, other_trigger.prefix)
        and _is_nested(trigger.suffix[::-1], other_trigger.suffix[::-1])
        and any(_events_overlap(a, b) for a in trigger.events for b in other_trigger.events)
    )


def _is_nested(prefix: str, other: str) -> bool:
    return prefix.startswith(other) or other.startswith(prefix)


def _events_overlap(event: str, other: str) -> bool:
    """Whether one event matches both; ``oss:ObjectCreated:*`` matches all of a kind."""
    return _is_nested(event.removesuffix("*"), other.removesuffix("*")) and (
        "*" in event + other or event == other
    )


def _check_configuration(
    reader: FunctionComputeReader, function: Function, existing: Any
) -> CheckResult:
    """`existing` is a ``models.Function``."""
    if existing.state != "Active":
        message = f"{function.name} is {existing.state}"
        return fault(
            "functions", message, "See the function's page in the console, or deploy again."
        )
    actual = dict(existing.environment_variables or {})
    differing = sorted(
        name
        for name in {*actual, *function.environment}
        if actual.get(name, "") != function.environment.get(name, "")
    )
    values = {
        "timeout": (existing.timeout, function.timeout_s),
        "handler": (existing.handler, function.handler),
        "reservedConcurrency": (
            reader.get_reserved_concurrency(function.name),
            function.reserved_concurrency,
        ),
    }
    differing += [name for name, (value, expected) in values.items() if value != expected]
    if differing:
        message = f"{function.name} was deployed with another {', '.join(differing)}"
        return warning("functions", message, "Deploy again, or change the settings to match.")
    return ok("functions", f"{function.name} is deployed as in s.yaml")


def _check_trigger(reader: FunctionComputeReader, function: Function, bucket: str) -> CheckResult:
    """Whether the function receives the bucket's events, by OSS triggers or by EventBridge."""
    expected = {_trigger_key(trigger) for trigger in function.bucket_triggers}
    native_triggers = reader.list_oss_triggers(function.name)
    rules = reader.list_eventbridge_triggers(function.name)
    if expected and expected <= {*map(_trigger_key, native_triggers), *map(_trigger_key, rules)}:
        return ok("trigger", f"{function.name} receives events of {bucket}")
    left_out = _find_left_out_events(function, native_triggers)
    if left_out:
        message = f"the trigger of {function.name} on {bucket} leaves out {', '.join(left_out)}"
        return fault("trigger", message, "Deploy again: these change what readers get.")
    message = f"{function.name} doesn't have the trigger on {bucket}"
    return fault("trigger", message, "Deploy again: nothing is screened without it.")


def _find_left_out_events(function: Function, deployed: list[OssTrigger]) -> list[str]:
    """The events of s.yaml's triggers that deployed triggers on the same objects don't have."""
    events_by_objects = {(t.bucket, t.prefix, t.suffix): set(t.events) for t in deployed}
    return sorted(
        event
        for own in _oss_triggers(function)
        if (deployed_events := events_by_objects.get((own.bucket, own.prefix, own.suffix)))
        for event in set(own.events) - deployed_events
    )


def _check_on_failure(reader: FunctionComputeReader, function: Function) -> CheckResult:
    """Whether failed events go to the destination in s.yaml."""
    existing = reader.get_on_failure_destination(function.name)
    if existing and existing == function.on_failure:
        return ok("dead letters", f"failed events of {function.name} are kept")
    message = f"failed events of {function.name} go {'elsewhere' if existing else 'nowhere'}"
    remedy = "Set destinationConfig.onFailure in s.yaml to the queue of MNS_DLQ, and deploy."
    return fault("dead letters", message, remedy)


def _check_timers(reader: FunctionComputeReader, function: Function) -> Iterator[CheckResult]:
    """Whether the function runs when s.yaml says so."""
    expected = {timer.expression for timer in function.timers if timer.enabled}
    if expected != set(reader.list_schedules(function.name)):
        message = f"{function.name} is deployed without the schedule in s.yaml"
        yield warning("functions", message, "Deploy again, or change SWEEP and SWEEP_SCHEDULE.")


def _check_http_auth(reader: FunctionComputeReader, deployment: CheckedDeployment) -> CheckResult:
    """Whether anyone may call the HTTP trigger at the deployment's cost."""
    name = deployment.http_api.name
    if not reader.accepts_unsigned_requests(name):
        return ok("HTTP trigger", f"callers of {name} sign their requests")
    if deployment.settings.local:
        return ok("HTTP trigger", f"{name} is open, and only this machine can reach it")
    if deployment.http_settings.token_settings:
        return ok("HTTP trigger", f"callers of {name} need a bearer token")
    message = f"anyone may call {name}, at your cost"
    return fault("HTTP trigger", message, "Deploy again with HTTP_AUTH=function.")


def _oss_triggers(function: Function) -> list[OssTrigger]:
    return [trigger for trigger in function.triggers if isinstance(trigger, OssTrigger)]


def _trigger_key(trigger: OssTrigger | EventBridgeTrigger) -> tuple[object, ...]:
    """Everything except the name."""
    if isinstance(trigger, EventBridgeTrigger):
        return json.dumps(trigger.pattern.fields, sort_keys=True), trigger.enabled
    return trigger.bucket, frozenset(trigger.events), trigger.prefix, trigger.suffix
