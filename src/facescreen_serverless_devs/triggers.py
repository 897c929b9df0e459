"""Reads the triggers of a function in s.yaml, each by its type."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from facescreen_serverless_devs.event_pattern import EventPattern
from facescreen_serverless_devs.model import EventBridgeTrigger, HttpTrigger, OssTrigger, Trigger
from facescreen_serverless_devs.schedule import TimerTrigger, schedule
from facescreen_serverless_devs.section import InvalidTemplateError, Section

KEYS = {
    "triggerName", "triggerType", "triggerConfig", "sourceArn", "description", "invocationRole",
    "qualifier",
}  # fmt: skip
"""What may stand in any trigger."""
_METHODS = {"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}
_EVENTS = {
    f"oss:{event}"
    for event in (
        "ObjectCreated:*",
        "ObjectCreated:AppendObject",
        "ObjectCreated:CompleteMultipartUpload",
        "ObjectCreated:CopyObject",
        "ObjectCreated:InitiateMultipartUpload",
        "ObjectCreated:PostObject",
        "ObjectCreated:PutObject",
        "ObjectCreated:PutSymlink",
        "ObjectCreated:UploadPart",
        "ObjectCreated:UploadPartCopy",
        "ObjectModified:UpdateObjectMeta",
        "ObjectRemoved:AbortMultipartUpload",
        "ObjectRemoved:DeleteObject",
        "ObjectRemoved:DeleteObjects",
    )
}
_EVENTBRIDGE = {
    "triggerEnable", "asyncInvocationType", "eventRuleFilterPattern", "eventSourceConfig",
    "eventSinkConfig", "runOptions",
}  # fmt: skip
_BUCKET_ARN = re.compile(r"acs:oss:[^:]*:[^:]*:([a-z0-9-]+)")


def read(item: Section) -> Trigger:
    """Raises InvalidTemplateError, as all of these do."""
    readers: dict[str, Callable[[Section], Trigger]] = {
        "oss": _oss,
        "http": _http,
        "eventbridge": _eventbridge,
        "timer": _timer,
    }
    return readers[item.one_of("triggerType", readers)](item)


def _oss(item: Section) -> OssTrigger:
    oss = item.section("triggerConfig", {"events", "filter"})
    key = oss.section("filter", {"key"}).section("key", {"prefix", "suffix"})
    return OssTrigger(
        bucket=item.matching("sourceArn", _BUCKET_ARN).rpartition(":")[2],
        events=oss.texts("events", _EVENTS),
        prefix=key.text("prefix"),
        suffix=key.text("suffix"),
        name=item.text("triggerName"),
    )


def _http(item: Section) -> HttpTrigger:
    http = item.section("triggerConfig", {"authType", "methods", "disableURLInternet"})
    return HttpTrigger(
        http.one_of("authType", {"function", "anonymous"}),
        http.texts("methods", _METHODS),
        item.text("triggerName"),
    )


def _eventbridge(item: Section) -> EventBridgeTrigger:
    bridge = item.section("triggerConfig", _EVENTBRIDGE)
    source = bridge.section("eventSourceConfig", {"eventSourceType", "eventSourceParameters"})
    source.one_of("eventSourceType", {"Default"})
    if not bridge.switch("asyncInvocationType"):
        # A synchronous one would have neither retries nor a dead-letter destination.
        raise InvalidTemplateError(f"{bridge.place}.asyncInvocationType: must be true")
    text = bridge.text("eventRuleFilterPattern")
    try:
        pattern = EventPattern(json.loads(text))
    except (ValueError, RecursionError) as error:
        raise InvalidTemplateError(f"{bridge.place}.eventRuleFilterPattern: {error}") from error
    return EventBridgeTrigger(
        pattern, item.text("triggerName"), enabled=bridge.switch("triggerEnable")
    )


def _timer(item: Section) -> TimerTrigger:
    timer = item.section("triggerConfig", {"cronExpression", "enable", "payload"})
    expression = timer.text("cronExpression")
    try:
        schedule(expression)
    except ValueError as error:
        raise InvalidTemplateError(f"{timer.place}.cronExpression: {error}") from error
    return TimerTrigger(
        expression, timer.text("payload", ""), item.text("triggerName"), timer.switch("enable")
    )
