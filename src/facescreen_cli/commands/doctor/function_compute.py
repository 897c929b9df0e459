"""Reads deployed functions from Function Compute with the vendor's alibabacloud-fc20230330."""

from __future__ import annotations

import json
from typing import Any

from alibabacloud_fc20230330 import models

from facescreen import errors
from facescreen.clients.credentials import CredentialSource
from facescreen_cli.commands.doctor.deployment import CheckedDeployment
from facescreen_cli.sdk.function_compute import create_client, translate_fc_errors
from facescreen_serverless_devs.event_pattern import EventPattern
from facescreen_serverless_devs.model import EventBridgeTrigger, OssTrigger

_PAGE_SIZE = 100
_MAX_FUNCTIONS = 1000


class FunctionComputeReader:
    """Reads one account and region. All methods raise errors.FacescreenError."""

    def __init__(self, deployment: CheckedDeployment, credentials: CredentialSource) -> None:
        endpoint = deployment.endpoints["Function Compute"]
        self._client = create_client(endpoint, credentials.get())

    def list_function_names(self) -> list[str]:
        """List the names of all functions, up to a thousand."""
        names: list[str] = []
        token = None
        while len(names) < _MAX_FUNCTIONS:
            request = models.ListFunctionsRequest(limit=_PAGE_SIZE, next_token=token)
            with translate_fc_errors():
                page = self._client.list_functions(request).body
            names += [function.function_name for function in page.functions or []]
            token = page.next_token
            if not token:
                break
        return names

    def get_function(self, name: str) -> Any | None:
        """Return a ``models.Function``; None if there is no such function."""
        request = models.GetFunctionRequest()
        return self._get_or_none(lambda: self._client.get_function(name, request))

    def get_reserved_concurrency(self, name: str) -> int | None:
        """Return the number of reserved instances; None if none are reserved."""
        response = self._get_or_none(lambda: self._client.get_concurrency_config(name))
        return response.reserved_concurrency if response else None

    def get_on_failure_destination(self, name: str) -> str:
        """Return the ARN of the destination for failed events; empty if there is none."""
        request = models.GetAsyncInvokeConfigRequest()
        response = self._get_or_none(lambda: self._client.get_async_invoke_config(name, request))
        destinations = response.destination_config if response else None
        on_failure = destinations.on_failure if destinations else None
        return (on_failure.destination if on_failure else "") or ""

    def accepts_unsigned_requests(self, name: str) -> bool:
        """Whether an HTTP trigger of the function accepts unsigned requests."""
        return any(
            json.loads(trigger.trigger_config).get("authType") == "anonymous"
            for trigger in self._list_triggers(name)
            if trigger.trigger_type == "http"
        )

    def list_oss_triggers(self, name: str) -> list[OssTrigger]:
        """List the function's OSS triggers."""
        return [
            _parse_oss_trigger(trigger)
            for trigger in self._list_triggers(name)
            if trigger.trigger_type == "oss"
        ]

    def list_eventbridge_triggers(self, name: str) -> list[EventBridgeTrigger]:
        """List the function's EventBridge triggers, except those whose pattern can't be read."""
        parsed_triggers = (
            _parse_eventbridge_trigger(trigger)
            for trigger in self._list_triggers(name)
            if trigger.trigger_type == "eventbridge"
        )
        return [trigger for trigger in parsed_triggers if trigger is not None]

    def list_schedules(self, name: str) -> list[str]:
        """List the schedules of the function's timers that are switched on."""
        configs = (
            json.loads(trigger.trigger_config)
            for trigger in self._list_triggers(name)
            if trigger.trigger_type == "timer"
        )
        return [config["cronExpression"] for config in configs if config.get("enable")]

    def _list_triggers(self, name: str) -> list[Any]:
        request = models.ListTriggersRequest(limit=_PAGE_SIZE)
        response = self._get_or_none(lambda: self._client.list_triggers(name, request))
        return list(response.triggers or []) if response else []

    def _get_or_none(self, send_request: Any) -> Any | None:
        try:
            with translate_fc_errors():
                return send_request().body
        except errors.ObjectNotFoundError:
            return None


def _parse_oss_trigger(trigger: Any) -> OssTrigger:
    config = json.loads(trigger.trigger_config)
    key_filter = (config.get("filter") or {}).get("key") or {}
    return OssTrigger(
        bucket=trigger.source_arn.rpartition(":")[2],
        events=tuple(config.get("events") or ()),
        prefix=key_filter.get("prefix") or "",
        suffix=key_filter.get("suffix") or "",
        name=trigger.trigger_name,
    )


def _parse_eventbridge_trigger(trigger: Any) -> EventBridgeTrigger | None:
    config = json.loads(trigger.trigger_config)
    try:
        pattern = EventPattern(json.loads(config.get("eventRuleFilterPattern") or "{}"))
    except ValueError:
        return None
    return EventBridgeTrigger(pattern, trigger.trigger_name, enabled=config.get("triggerEnable"))
