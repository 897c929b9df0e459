"""Checks that the stack of roles, queues and state bucket in s.yaml matches the functions there."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from facescreen.events.oss import SCREENED_EVENTS
from facescreen_cli.commands.doctor.deployment import CheckedDeployment
from facescreen_cli.commands.doctor.result import CheckResult, fault, ok, warning
from facescreen_serverless_devs.model import EventBridgeTrigger, Function, OssTrigger

_CHECK_NAME = "surroundings"


def check_stack(deployment: CheckedDeployment) -> Iterator[CheckResult]:
    """Compare the names that the functions use with those of the stack."""
    stack = deployment.foundation
    if stack is None:
        message = "s.yaml has no ros resource that creates roles, queues and the state bucket"
        yield fault(
            _CHECK_NAME, message, "Use the s.yaml of the release, or check that they exist."
        )
        return
    mismatches = [
        *_find_name_mismatches(deployment, stack.parameters),
        *_find_missing_roles(deployment, stack.roles),
    ]
    for message in mismatches:
        yield fault(_CHECK_NAME, message, "Set both from the same variable in s.yaml.")
    unreadable = list(_find_unreadable_locations(deployment.object_created, stack.parameters))
    for location in unreadable:
        message = f"events of {location} arrive, and no role may read it"
        yield fault(_CHECK_NAME, message, "Add it to WatchedObjects in s.yaml.")
    yield from _find_missing_events(deployment.object_created)
    not_swept = list(_find_unswept_locations(deployment))
    for location in not_swept:
        message = f"events of {location} arrive, and the sweep does not check it"
        yield fault(_CHECK_NAME, message, "Add it to WATCHED_OBJECTS of the sweep in s.yaml.")
    if not mismatches and not unreadable and not not_swept:
        yield ok(_CHECK_NAME, "roles, queues, logs and state bucket match the functions")


def _find_name_mismatches(
    deployment: CheckedDeployment, parameters: Mapping[str, str]
) -> Iterator[str]:
    alibaba_settings, settings = deployment.alibaba_settings, deployment.settings
    function = deployment.object_created
    region, account = parameters.get("Region"), parameters.get("Account")
    dead_letter_queue = f":{region}:{account}:/queues/{parameters.get('DeadLetters')}/"
    pairs = {
        "Account": (parameters.get("Account"), deployment.environment["ALIBABA_CLOUD_ACCOUNT_ID"]),
        "Region": (parameters.get("Region"), alibaba_settings.oss_region),
        "StateBucket": (parameters.get("StateBucket"), settings.state_bucket),
        "Topic": (parameters.get("Topic"), alibaba_settings.mns_topic),
        "LogProject": (parameters.get("LogProject"), function.log_project),
        "LogStore": (parameters.get("LogStore"), function.log_store),
        "LowRiskTag": (_tag_key(parameters), f"oss:ExistingObjectTag/{settings.tag_prefix}verdict"),
    }
    for name, (actual, expected) in pairs.items():
        if actual != expected:
            yield f"{name} is {actual or 'not given'}, and the functions use {expected}"
    if dead_letter_queue not in (function.on_failure or ""):
        yield f"DeadLetters is {parameters.get('DeadLetters')}, and failed events go elsewhere"


def _tag_key(parameters: Mapping[str, str]) -> str | None:
    try:
        tag = json.loads(parameters.get("LowRiskTag", "{}"))
    except ValueError:
        return None
    return next(iter(tag), None) if isinstance(tag, dict) else None


def _find_missing_roles(deployment: CheckedDeployment, roles: frozenset[str]) -> Iterator[str]:
    for function in deployment.functions:
        if function.role.rpartition("/")[2] not in roles:
            yield f"{function.name} has the role {function.role}, which the stack does not create"


def _find_missing_events(function: Function) -> Iterator[CheckResult]:
    """Warn of events that change what readers get, and start no screening."""
    events_by_location: dict[str, set[str]] = {}
    for trigger in function.bucket_triggers:
        events = set(filter(trigger.matches_event, SCREENED_EVENTS))
        for location in _locations_of(trigger):
            events_by_location.setdefault(location, set()).update(events)
    for location, events in events_by_location.items():
        if missing := SCREENED_EVENTS - events:
            message = f"{', '.join(sorted(missing))} of {location} start no screening"
            yield warning(_CHECK_NAME, message, "Add them to the trigger in s.yaml.")


def _find_unreadable_locations(function: Function, parameters: Mapping[str, str]) -> Iterator[str]:
    """Locations (``bucket/prefix``) whose events a function receives and no role may read."""
    arns = parameters.get("WatchedObjects", "").split(",")
    readable_locations = [arn.strip().split(":", 4)[-1] for arn in arns]
    for location in _trigger_locations(function):
        if not any(location.startswith(prefix.removesuffix("*")) for prefix in readable_locations):
            yield location


def _find_unswept_locations(deployment: CheckedDeployment) -> Iterator[str]:
    """Locations whose events a function receives and the sweep does not check."""
    swept_locations = [place.name for place in deployment.sweep_settings.watched_prefixes]
    for location in _trigger_locations(deployment.object_created):
        if not any(location.startswith(prefix) for prefix in swept_locations):
            yield location


def _trigger_locations(function: Function) -> Iterator[str]:
    for trigger in function.bucket_triggers:
        yield from _locations_of(trigger)


def _locations_of(trigger: OssTrigger | EventBridgeTrigger) -> Iterator[str]:
    if not isinstance(trigger, EventBridgeTrigger):
        yield f"{trigger.bucket}/{trigger.prefix}"
        return
    for subject in trigger.pattern.fields.get("subject", ()):
        text = subject.get("prefix", "") if isinstance(subject, dict) else subject
        yield text.split(":", 4)[-1]
