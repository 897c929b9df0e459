"""The functions as Function Compute has them, by the vendor's alibabacloud-fc20230330."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from alibabacloud_fc20230330 import models
from alibabacloud_fc20230330.client import Client
from alibabacloud_tea_openapi.utils_models import Config
from Tea.exceptions import TeaException, UnretryableException

from facescreen import errors
from infra.local.fc.event_pattern import EventPattern
from infra.local.fc.function import EventBridgeTrigger, OssTrigger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facescreen.credentials import CredentialSource

    from .deployment import Deployment

_PAGE = 100
_MOST_FUNCTIONS = 1000
_TIMEOUT_MS = 5000
_SIGNATURE_CODES = ("SignatureDoesNotMatch", "SignatureNotMatch", "InvalidAccessKeyID")


class Deployed:
    """Reads one account and region. All methods raise errors.FacescreenError."""

    def __init__(self, deployment: Deployment, credentials: CredentialSource) -> None:
        now = credentials.get()
        endpoint = urlsplit(deployment.endpoints["Function Compute"])
        self._client = Client(
            Config(
                access_key_id=now.access_key_id,
                access_key_secret=now.access_key_secret,
                security_token=now.security_token or None,
                endpoint=endpoint.netloc,
                protocol=endpoint.scheme.upper(),
                connect_timeout=_TIMEOUT_MS,
                read_timeout=_TIMEOUT_MS,
            )
        )

    def names(self) -> list[str]:
        """Every function's, up to a thousand."""
        names: list[str] = []
        token = None
        while len(names) < _MOST_FUNCTIONS:
            asked = models.ListFunctionsRequest(limit=_PAGE, next_token=token)
            with _fc_errors():
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
        return [_oss(trigger) for trigger in self._triggers(name) if trigger.trigger_type == "oss"]

    def rules(self, name: str) -> list[EventBridgeTrigger]:
        """Those of EventBridge of a function, as far as its patterns are ones that we read."""
        found = (_rule(t) for t in self._triggers(name) if t.trigger_type == "eventbridge")
        return [rule for rule in found if rule is not None]

    def _triggers(self, name: str) -> list[Any]:
        asked = models.ListTriggersRequest(limit=_PAGE)
        found = self._found(lambda: self._client.list_triggers(name, asked))
        return list(found.triggers or []) if found else []

    def _found(self, ask: Any) -> Any | None:
        try:
            with _fc_errors():
                return ask().body
        except errors.ObjectGone:
            return None


def _oss(trigger: Any) -> OssTrigger:
    config = json.loads(trigger.trigger_config)
    keys = (config.get("filter") or {}).get("key") or {}
    return OssTrigger(
        bucket=trigger.source_arn.rpartition(":")[2],
        events=tuple(config.get("events") or ()),
        prefix=keys.get("prefix") or "",
        suffix=keys.get("suffix") or "",
        name=trigger.trigger_name,
    )


def _rule(trigger: Any) -> EventBridgeTrigger | None:
    config = json.loads(trigger.trigger_config)
    try:
        pattern = EventPattern(json.loads(config.get("eventRuleFilterPattern") or "{}"))
    except ValueError:
        return None
    return EventBridgeTrigger(pattern, trigger.trigger_name, enabled=config.get("triggerEnable"))


@contextmanager
def _fc_errors() -> Iterator[None]:
    """The SDK's errors as ours. Theirs stay behind: they may hold headers."""
    try:
        yield
    except UnretryableException:
        raise errors.Unavailable("Function Compute can't be reached") from None
    except TeaException as error:
        kind = _kind(error.statusCode or 0, error.code or "")
        raise kind("Function Compute refused", code=error.code or "") from None


def _kind(status: int, code: str) -> type[errors.FacescreenError]:
    if code in _SIGNATURE_CODES:
        return errors.BadCredentials
    if status == 404:
        return errors.ObjectGone
    if status == 403:
        return errors.AccessRefused
    return errors.Unavailable if status >= 500 or status == 429 else errors.BadRequest
