"""Whether what surrounds the functions is made for them: both stand in s.yaml, and must meet."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from facescreen_cli.commands.doctor.deployment import CheckedDeployment
from facescreen_cli.commands.doctor.result import CheckResult, fault, ok
from facescreen_serverless_devs.model import EventBridgeTrigger, Function, OssTrigger

_CHECK = "surroundings"


def check_stack(deployment: CheckedDeployment) -> Iterator[CheckResult]:
    """Names of the functions against those of the stack that has their roles and queues."""
    made = deployment.foundation
    if made is None:
        says = "s.yaml has no resource of component ros that makes roles, queues and state bucket"
        yield fault(_CHECK, says, "Take the one of the release, or see that they are there.")
        return
    unmet = [
        *_name_mismatches(deployment, made.parameters),
        *_missing_roles(deployment, made.roles),
    ]
    for says in unmet:
        yield fault(_CHECK, says, "Let both take it from the same variable, in s.yaml.")
    unwatched = list(_unreadable_locations(deployment.object_created, made.parameters))
    for objects in unwatched:
        says = f"events of {objects} come, and no role may read it"
        yield fault(_CHECK, says, "Add it to WatchedObjects, in s.yaml.")
    unswept = list(_unswept_locations(deployment))
    for objects in unswept:
        says = f"events of {objects} come, and the sweep does not look there for lost ones"
        yield fault(_CHECK, says, "Add it to WATCHED_OBJECTS of the sweep, in s.yaml.")
    if not unmet and not unwatched and not unswept:
        yield ok(_CHECK, "roles, queues, logs and state bucket are made for the functions")


def _name_mismatches(deployment: CheckedDeployment, made: Mapping[str, str]) -> Iterator[str]:
    alibaba, settings = deployment.alibaba, deployment.settings
    function = deployment.object_created
    letters = f":{made.get('Region')}:{made.get('Account')}:/queues/{made.get('DeadLetters')}/"
    pairs = {
        "Account": (made.get("Account"), deployment.environment["ALIBABA_CLOUD_ACCOUNT_ID"]),
        "Region": (made.get("Region"), alibaba.oss_region),
        "StateBucket": (made.get("StateBucket"), settings.state_bucket),
        "Topic": (made.get("Topic"), alibaba.mns_topic),
        "LogProject": (made.get("LogProject"), function.log_project),
        "LogStore": (made.get("LogStore"), function.log_store),
        "LowRiskTag": (_tag_key(made), f"oss:ExistingObjectTag/{settings.tag_prefix}verdict"),
    }
    for name, (there, wanted) in pairs.items():
        if there != wanted:
            yield f"{name} is {there or 'not given'}, and the functions use {wanted}"
    if letters not in (function.on_failure or ""):
        yield f"DeadLetters is {made.get('DeadLetters')}, and failed events go elsewhere"


def _tag_key(made: Mapping[str, str]) -> str | None:
    try:
        found = json.loads(made.get("LowRiskTag", "{}"))
    except ValueError:
        return None
    return next(iter(found), None) if isinstance(found, dict) else None


def _missing_roles(deployment: CheckedDeployment, made: frozenset[str]) -> Iterator[str]:
    for function in deployment.functions:
        if function.role.rpartition("/")[2] not in made:
            yield f"{function.name} is to run as {function.role}, which the stack does not make"


def _unreadable_locations(function: Function, made: Mapping[str, str]) -> Iterator[str]:
    """Objects whose events come, and whose role lets nobody read them, as ``bucket/prefix``."""
    watched = [arn.strip().split(":", 4)[-1] for arn in made.get("WatchedObjects", "").split(",")]
    for objects in _trigger_locations(function):
        if not any(objects.startswith(whole.removesuffix("*")) for whole in watched):
            yield objects


def _unswept_locations(deployment: CheckedDeployment) -> Iterator[str]:
    """Those that the sweep does not look at."""
    swept = [place.name for place in deployment.sweeping.watched_prefixes]
    for objects in _trigger_locations(deployment.object_created):
        if not any(objects.startswith(whole) for whole in swept):
            yield objects


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
