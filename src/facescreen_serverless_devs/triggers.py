"""Reads the triggers of a function in s.yaml."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from facescreen_serverless_devs.event_pattern import EventPattern
from facescreen_serverless_devs.model import EventBridgeTrigger, HttpTrigger, OssTrigger, Trigger
from facescreen_serverless_devs.schedule import TimerTrigger, parse_schedule
from facescreen_serverless_devs.section import InvalidTemplateError, TemplateSection

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
        "ObjectReplication:ObjectCreated",
        "ObjectReplication:ObjectModified",
        "ObjectReplication:ObjectRemoved",
    )
}
_EVENTBRIDGE_KEYS = {
    "triggerEnable", "asyncInvocationType", "eventRuleFilterPattern", "eventSourceConfig",
    "eventSinkConfig", "runOptions",
}  # fmt: skip
_BUCKET_ARN_PATTERN = re.compile(r"acs:oss:[^:]*:[^:]*:([a-z0-9-]+)")


def parse_trigger(item: TemplateSection) -> Trigger:
    """Parse one trigger. Raises InvalidTemplateError."""
    readers: dict[str, Callable[[TemplateSection], Trigger]] = {
        "oss": _parse_oss,
        "http": _parse_http,
        "eventbridge": _parse_eventbridge,
        "timer": _parse_timer,
    }
    return readers[item.get_choice("triggerType", readers)](item)


def _parse_oss(item: TemplateSection) -> OssTrigger:
    oss = item.get_section("triggerConfig", {"events", "filter"})
    key = oss.get_section("filter", {"key"}).get_section("key", {"prefix", "suffix"})
    return OssTrigger(
        bucket=item.get_matching_string("sourceArn", _BUCKET_ARN_PATTERN).rpartition(":")[2],
        events=oss.get_string_list("events", _OSS_EVENTS),
        prefix=key.get_string("prefix"),
        suffix=key.get_string("suffix"),
        name=item.get_string("triggerName"),
    )


def _parse_http(item: TemplateSection) -> HttpTrigger:
    http = item.get_section("triggerConfig", {"authType", "methods", "disableURLInternet"})
    return HttpTrigger(
        http.get_choice("authType", {"function", "anonymous"}),
        http.get_string_list("methods", _HTTP_METHODS),
        item.get_string("triggerName"),
    )


def _parse_eventbridge(item: TemplateSection) -> EventBridgeTrigger:
    bridge = item.get_section("triggerConfig", _EVENTBRIDGE_KEYS)
    source = bridge.get_section("eventSourceConfig", {"eventSourceType", "eventSourceParameters"})
    source.get_choice("eventSourceType", {"Default"})
    if not bridge.get_boolean("asyncInvocationType"):
        # A synchronous trigger has neither retries nor a dead-letter destination.
        raise InvalidTemplateError(f"{bridge.key_path}.asyncInvocationType: must be true")
    text = bridge.get_string("eventRuleFilterPattern")
    try:
        pattern = EventPattern(json.loads(text))
    except (ValueError, RecursionError) as error:
        raise InvalidTemplateError(f"{bridge.key_path}.eventRuleFilterPattern: {error}") from error
    return EventBridgeTrigger(
        pattern, item.get_string("triggerName"), enabled=bridge.get_boolean("triggerEnable")
    )


def _parse_timer(item: TemplateSection) -> TimerTrigger:
    timer = item.get_section("triggerConfig", {"cronExpression", "enable", "payload"})
    expression = timer.get_string("cronExpression")
    try:
        parse_schedule(expression)
    except ValueError as error:
        raise InvalidTemplateError(f"{timer.key_path}.cronExpression: {error}") from error
    return TimerTrigger(
        expression,
        timer.get_string("payload", ""),
        item.get_string("triggerName"),
        timer.get_boolean("enable"),
    )
