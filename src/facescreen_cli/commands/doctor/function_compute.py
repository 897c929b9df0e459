"""The functions as Function Compute has them, by the vendor's alibabacloud-fc20230330."""

from __future__ import annotations

import json
from typing import Any

from alibabacloud_fc20230330 import models

from facescreen import errors
from facescreen.clients.credentials import CredentialSource
from facescreen_cli.commands.doctor.deployment import CheckedDeployment
from facescreen_cli.sdk.function_compute import create_client, fc_errors
from facescreen_serverless_devs.event_pattern import EventPattern
from facescreen_serverless_devs.model import EventBridgeTrigger, OssTrigger

_PAGE_SIZE = 100
_MAX_FUNCTIONS = 1000


class FunctionComputeReader:
    """Reads one account and region. All methods raise errors.FacescreenError."""

    def __init__(self, deployment: CheckedDeployment, credentials: CredentialSource) -> None:
        endpoint = deployment.endpoints["Function Compute"]
        self._client = create_client(endpoint, credentials.get())

    def names(self) -> list[str]:
        """Every function's, up to a thousand."""
        names: list[str] = []
        token = None
        while len(names) < _MAX_FUNCTIONS:
            asked = models.ListFunctionsRequest(limit=_PAGE_SIZE, next_token=token)
            with fc_errors():
                page = self._client.list_functions(asked).body
            names += [function.function_name for function in page.functions or []]
            token = page.next_token
            if not token:
                break
        return names

    def function(self, name: str) -> Any | None:
        """``models.Function``; None where there is none."""
        asked = models.GetFunctionRequest()
        return self._found(lambda: self._client.get_function(name, asked))

    def reserved_concurrency(self, name: str) -> int | None:
        """Instances; None where none are reserved."""
        found = self._found(lambda: self._client.get_concurrency_config(name))
        return found.reserved_concurrency if found else None

    def on_failure(self, name: str) -> str:
        """ARN of where failed events go; empty where they go nowhere."""
        asked = models.GetAsyncInvokeConfigRequest()
        found = self._found(lambda: self._client.get_async_invoke_config(name, asked))
        destinations = found.destination_config if found else None
        kept = destinations.on_failure if destinations else None
        return (kept.destination if kept else "") or ""

    def is_open(self, name: str) -> bool:
        """Whether an HTTP trigger of a function takes requests that nobody signed."""
        return any(
            json.loads(trigger.trigger_config).get("authType") == "anonymous"
            for trigger in self._triggers(name)
            if trigger.trigger_type == "http"
        )

    def oss_triggers(self, name: str) -> list[OssTrigger]:
        """The native ones of a function."""
        return [
            _parse_oss_trigger(trigger)
            for trigger in self._triggers(name)
            if trigger.trigger_type == "oss"
        ]

    def rules(self, name: str) -> list[EventBridgeTrigger]:
        """Those of EventBridge of a function, as far as its patterns are ones that we read."""
        found = (
            _parse_eventbridge_trigger(t)
            for t in self._triggers(name)
            if t.trigger_type == "eventbridge"
        )
        return [rule for rule in found if rule is not None]

    def _triggers(self, name: str) -> list[Any]:
        asked = models.ListTriggersRequest(limit=_PAGE_SIZE)
        found = self._found(lambda: self._client.list_triggers(name, asked))
        return list(found.triggers or []) if found else []

    def _found(self, ask: Any) -> Any | None:
        try:
            with fc_errors():
                return ask().body
        except errors.ObjectNotFoundError:
            return None


def _parse_oss_trigger(trigger: Any) -> OssTrigger:
    config = json.loads(trigger.trigger_config)
    keys = (config.get("filter") or {}).get("key") or {}
    return OssTrigger(
        bucket=trigger.source_arn.rpartition(":")[2],
        events=tuple(config.get("events") or ()),
        prefix=keys.get("prefix") or "",
        suffix=keys.get("suffix") or "",
        name=trigger.trigger_name,
    )


def _parse_eventbridge_trigger(trigger: Any) -> EventBridgeTrigger | None:
    config = json.loads(trigger.trigger_config)
    try:
        pattern = EventPattern(json.loads(config.get("eventRuleFilterPattern") or "{}"))
    except ValueError:
        return None
    return EventBridgeTrigger(pattern, trigger.trigger_name, enabled=config.get("triggerEnable"))
