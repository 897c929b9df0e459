"""What the API tells about functions, in the shapes that the vendor's SDK reads; of that of FC 2.0
GetFunction alone, which tells the same of a function's handler."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qs

from aiohttp import web

from facescreen_local.fc.context import RequestContext
from facescreen_local.fc.errors import FcError
from facescreen_local.fc.operations import OPERATIONS
from facescreen_local.fc.runtime.deployment import Deployment
from facescreen_serverless_devs.model import EventBridgeTrigger, HttpTrigger, Trigger
from facescreen_serverless_devs.schedule import TimerTrigger

_MAX_PAGE = 100


@OPERATIONS.register("GET", "/2023-03-30/functions", name="ListFunctions")
async def list_functions(context: RequestContext) -> web.Response:
    """Functions by name, page by page."""
    deployed = {deployment.function.name: deployment for deployment in context.functions.deployed}
    page, token = page_of(deployed, parse_qs(context.head.query))
    functions = [_description(deployed[name]) for name in page]
    return web.json_response({"functions": functions, **({"nextToken": token} if token else {})})


@OPERATIONS.register("GET", "/2023-03-30/functions/*", name="GetFunction")
@OPERATIONS.register("GET", "/2016-08-15/services/*/functions/*", name="GetFunction")
async def get_function(context: RequestContext) -> web.Response:
    """What it was deployed with."""
    return web.json_response(_description(context.deployment))


@OPERATIONS.register("GET", "/2023-03-30/functions/*/triggers", name="ListTriggers")
async def list_triggers(context: RequestContext) -> web.Response:
    """All of its triggers, on one page."""
    deployment = context.deployment
    triggers = [_trigger(deployment, trigger) for trigger in deployment.function.triggers]
    return web.json_response({"triggers": triggers})


@OPERATIONS.register(
    "GET", "/2023-03-30/functions/*/async-invoke-config", name="GetAsyncInvokeConfig"
)
async def get_async_invoke_config(context: RequestContext) -> web.Response:
    """What becomes of asynchronous events that fail."""
    function = context.deployment.function
    kept = {"onFailure": {"destination": function.on_failure}} if function.on_failure else {}
    return web.json_response(
        {
            "functionArn": context.deployment.arn,
            "maxAsyncRetryAttempts": function.retries,
            "maxAsyncEventAgeInSeconds": function.max_event_age_s,
            "destinationConfig": kept,
        }
    )


@OPERATIONS.register("GET", "/2023-03-30/functions/*/concurrency", name="GetConcurrencyConfig")
async def get_concurrency_config(context: RequestContext) -> web.Response:
    """The instances that are reserved for it."""
    reserved = context.deployment.function.reserved_concurrency
    if reserved is None:
        # UNCONFIRMED: the code; the SDK's models leave room for none reserved.
        message = "no concurrency is reserved for the function"
        raise FcError(404, "ConcurrencyConfigNotFound", message)
    return web.json_response(
        {"functionArn": context.deployment.arn, "reservedConcurrency": reserved}
    )


def page_of(names: Iterable[str], query: Mapping[str, list[str]]) -> tuple[list[str], str]:
    """The names that a query asks for, and the token of the next page, empty on the last one: the
    name that it starts with. Raises FcError."""
    limit = query.get("limit", ["20"])[0]
    if not limit.isdecimal() or not 1 <= int(limit) <= _MAX_PAGE:
        raise FcError(400, "InvalidArgument", f"limit must be from 1 to {_MAX_PAGE}")
    prefix, token = (query.get(name, [""])[0] for name in ("prefix", "nextToken"))
    found = sorted(name for name in names if name.startswith(prefix) and name >= token)
    return found[: int(limit)], next(iter(found[int(limit) :]), "")


def _description(deployment: Deployment) -> dict[str, Any]:
    function = deployment.function
    return {
        "functionName": function.name,
        "functionArn": deployment.arn,
        "runtime": function.runtime,
        "handler": function.handler,
        "timeout": function.timeout_s,
        "memorySize": function.memory_mb,
        "environmentVariables": dict(function.environment),
        "role": function.role,
        "state": "Active",
    }


def _trigger(deployment: Deployment, trigger: Trigger) -> dict[str, Any]:
    if isinstance(trigger, HttpTrigger):
        config: dict[str, Any] = {"authType": trigger.auth_type, "methods": list(trigger.methods)}
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
    source = f"acs:oss:{deployment.region}:{deployment.account_id}:{trigger.bucket}"
    return {**_told(trigger.name, "oss", config), "sourceArn": source}


def _told(name: str, kind: str, config: dict[str, Any]) -> dict[str, Any]:
    return {"triggerName": name, "triggerType": kind, "triggerConfig": json.dumps(config)}
