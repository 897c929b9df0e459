"""Reads the triggers of a function in s.yaml."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from facescreen_serverless_devs.event_pattern import EventPattern
from facescreen_serverless_devs.model import EventBridgeTrigger, HttpTrigger, OssTrigger, Trigger
from facescreen_serverless_devs.schedule import TimerTrigger, parse_schedule
from facescreen_serverless_devs.section import InvalidTemplateError, Section

TRIGGER_KEYS = {
    "triggerName", "triggerType", "triggerConfig", "sourceArn", "description", "invocationRole",
    "qualifier",
}  # fmt: skip
"""The keys that any trigger may have."""
_HTTP_METHODS = {"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}
_OSS_EVENTS = {
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
_EVENTBRIDGE_KEYS = {
    "triggerEnable", "asyncInvocationType", "eventRuleFilterPattern", "eventSourceConfig",
    "eventSinkConfig", "runOptions",
}  # fmt: skip
_BUCKET_ARN = re.compile(r"acs:oss:[^:]*:[^:]*:([a-z0-9-]+)")


def parse_trigger(item: Section) -> Trigger:
    """Parse one trigger. Raises InvalidTemplateError."""
    readers: dict[str, Callable[[Section], Trigger]] = {
        "oss": _parse_oss,
        "http": _parse_http,
        "eventbridge": _parse_eventbridge,
        "timer": _parse_timer,
    }
    return readers[item.one_of("triggerType", readers)](item)


def _parse_oss(item: Section) -> OssTrigger:
    oss = item.section("triggerConfig", {"events", "filter"})
    key = oss.section("filter", {"key"}).section("key", {"prefix", "suffix"})
    return OssTrigger(
        bucket=item.matching_string("sourceArn", _BUCKET_ARN).rpartition(":")[2],
        events=oss.string_list("events", _OSS_EVENTS),
        prefix=key.string("prefix"),
        suffix=key.string("suffix"),
        name=item.string("triggerName"),
    )


def _parse_http(item: Section) -> HttpTrigger:
    http = item.section("triggerConfig", {"authType", "methods", "disableURLInternet"})
    return HttpTrigger(
        http.one_of("authType", {"function", "anonymous"}),
        http.string_list("methods", _HTTP_METHODS),
        item.string("triggerName"),
    )


def _parse_eventbridge(item: Section) -> EventBridgeTrigger:
    bridge = item.section("triggerConfig", _EVENTBRIDGE_KEYS)
    source = bridge.section("eventSourceConfig", {"eventSourceType", "eventSourceParameters"})
    source.one_of("eventSourceType", {"Default"})
    if not bridge.boolean("asyncInvocationType"):
        # A synchronous trigger has neither retries nor a dead-letter destination.
        raise InvalidTemplateError(f"{bridge.key_path}.asyncInvocationType: must be true")
    text = bridge.string("eventRuleFilterPattern")
    try:
        pattern = EventPattern(json.loads(text))
    except (ValueError, RecursionError) as error:
        raise InvalidTemplateError(f"{bridge.key_path}.eventRuleFilterPattern: {error}") from error
    return EventBridgeTrigger(
        pattern, item.string("triggerName"), enabled=bridge.boolean("triggerEnable")
    )


def _parse_timer(item: Section) -> TimerTrigger:
    timer = item.section("triggerConfig", {"cronExpression", "enable", "payload"})
    expression = timer.string("cronExpression")
    try:
        parse_schedule(expression)
    except ValueError as error:
        raise InvalidTemplateError(f"{timer.key_path}.cronExpression: {error}") from error
    return TimerTrigger(
        expression, timer.string("payload", ""), item.string("triggerName"), timer.boolean("enable")
    )
