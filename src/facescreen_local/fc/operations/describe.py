"""What the FC 3.0 API tells about functions, in the shapes that the vendor's SDK reads; of that of
FC 2.0 GetFunction alone, which tells the same of a function's handler."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote

from facescreen_local.fc.errors import Refused
from facescreen_local.protocol.request import Head
from facescreen_serverless_devs.model import EventBridgeTrigger, Function, HttpTrigger, Trigger
from facescreen_serverless_devs.schedule import TimerTrigger

_FUNCTIONS = "/2023-03-30/functions"
_PATH = re.compile(rf"{_FUNCTIONS}(?:/([^/]+)(?:/(triggers|async-invoke-config|concurrency))?)?")
_FC2_PATH = re.compile(r"/2016-08-15/services/[^/]+/functions/([^/]+)")
_LARGEST_PAGE = 100


@dataclass(frozen=True)
class Question:
    """What is asked about which function; about all of them where none is named."""

    operation: str
    function: str = ""


_OPERATIONS = {
    None: "GetFunction",
    "triggers": "ListTriggers",
    "async-invoke-config": "GetAsyncInvokeConfig",
    "concurrency": "GetConcurrencyConfig",
}


def question(head: Head) -> Question | None:
    """What `head` asks; None where it asks for something else."""
    if head.method != "GET":
        return None
    if of_fc2 := _FC2_PATH.fullmatch(head.path):
        return Question("GetFunction", unquote(of_fc2[1]))
    found = _PATH.fullmatch(head.path)
    if found is None:
        return None
    if found[1] is None:
        return Question("ListFunctions")
    return Question(_OPERATIONS[found[2]], unquote(found[1]))


class Descriptions:
    """Answers questions about the functions of one account and region."""

    def __init__(self, functions: Sequence[Function], region: str, account_id: str) -> None:
        self._functions = {function.name: function for function in functions}
        self._arn = f"acs:fc:{region}:{account_id}:functions/"
        self._oss_arn = f"acs:oss:{region}:{account_id}:"

    def answer(self, asked: Question, query: str) -> dict[str, Any]:
        """The answer's JSON. Raises Refused."""
        if asked.operation == "ListFunctions":
            return self._page(parse_qs(query))
        if asked.function not in self._functions:
            message = f"function {asked.function[:128]!r} does not exist"
            raise Refused(404, "FunctionNotFound", message)
        tell: Mapping[str, Callable[[Function], dict[str, Any]]] = {
            "GetFunction": self._function,
            "ListTriggers": self._triggers,
            "GetAsyncInvokeConfig": self._asynchronous,
            "GetConcurrencyConfig": self._concurrency,
        }
        return tell[asked.operation](self._functions[asked.function])

    def _page(self, query: Mapping[str, list[str]]) -> dict[str, Any]:
        """Functions by name; a page's token is the name that the next one starts with."""
        limit = query.get("limit", ["20"])[0]
        if not limit.isdecimal() or not 1 <= int(limit) <= _LARGEST_PAGE:
            raise Refused(400, "InvalidArgument", f"limit must be from 1 to {_LARGEST_PAGE}")
        prefix, token = (query.get(name, [""])[0] for name in ("prefix", "nextToken"))
        names = sorted(n for n in self._functions if n.startswith(prefix) and n >= token)
        page, rest = names[: int(limit)], names[int(limit) :]
        functions = [self._function(self._functions[name]) for name in page]
        return {"functions": functions, **({"nextToken": rest[0]} if rest else {})}

    def _function(self, function: Function) -> dict[str, Any]:
        return {
            "functionName": function.name,
            "functionArn": self._arn + function.name,
            "runtime": function.runtime,
            "handler": function.handler,
            "timeout": function.timeout_s,
            "memorySize": function.memory_mb,
            "environmentVariables": dict(function.environment),
            "role": function.role,
            "state": "Active",
        }

    def _triggers(self, function: Function) -> dict[str, Any]:
        return {"triggers": [self._trigger(trigger) for trigger in function.triggers]}

    def _trigger(self, trigger: Trigger) -> dict[str, Any]:
        if isinstance(trigger, HttpTrigger):
            config: dict[str, Any] = {
                "authType": trigger.auth_type,
                "methods": list(trigger.methods),
            }
            return _told(trigger.name, "http", config)
        if isinstance(trigger, EventBridgeTrigger):
            config = {
                "triggerEnable": trigger.enabled,
                "asyncInvocationType": True,
                "eventRuleFilterPattern": json.dumps(trigger.pattern.fields),
                "eventSourceConfig": {"eventSourceType": "Default"},
            }
            return _told(trigger.name, "eventbridge", config)
        if isinstance(trigger, TimerTrigger):
            config = {
                "cronExpression": trigger.expression,
                "enable": trigger.enabled,
                "payload": trigger.payload,
            }
            return _told(trigger.name, "timer", config)
        keys = {"prefix": trigger.prefix, "suffix": trigger.suffix}
        config = {"events": list(trigger.events), "filter": {"key": keys}}
        source = {"sourceArn": self._oss_arn + trigger.bucket}
        return {**_told(trigger.name, "oss", config), **source}

    def _asynchronous(self, function: Function) -> dict[str, Any]:
        kept = {"onFailure": {"destination": function.on_failure}} if function.on_failure else {}
        return {
            "functionArn": self._arn + function.name,
            "maxAsyncRetryAttempts": function.retries,
            "maxAsyncEventAgeInSeconds": function.max_event_age_s,
            "destinationConfig": kept,
        }

    def _concurrency(self, function: Function) -> dict[str, Any]:
        if function.reserved_concurrency is None:
            # UNCONFIRMED: the code; the SDK's models leave room for none reserved.
            message = "no concurrency is reserved for the function"
            raise Refused(404, "ConcurrencyConfigNotFound", message)
        return {
            "functionArn": self._arn + function.name,
            "reservedConcurrency": function.reserved_concurrency,
        }


def _told(name: str, kind: str, config: dict[str, Any]) -> dict[str, Any]:
    return {"triggerName": name, "triggerType": kind, "triggerConfig": json.dumps(config)}
