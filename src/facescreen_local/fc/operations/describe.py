"""The operations that describe functions, in the shapes that the vendor's SDK reads. FC 2.0 has
GetFunction only, with the same fields."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qs

from aiohttp import web

from facescreen_local.fc.context import FcRequestContext
from facescreen_local.fc.errors import FcError
from facescreen_local.fc.operations import OPERATIONS
from facescreen_local.fc.runtime.deployed_function import DeployedFunction
from facescreen_serverless_devs.model import EventBridgeTrigger, HttpTrigger, Trigger
from facescreen_serverless_devs.schedule import TimerTrigger

_MAX_PAGE_SIZE = 100


@OPERATIONS.register("GET", "/2023-03-30/functions", name="ListFunctions")
async def list_functions(context: FcRequestContext) -> web.Response:
    """List functions by name, one page at a time."""
    by_name = {deployed.function.name: deployed for deployed in context.functions.all_functions}
    page, token = select_page(by_name, parse_qs(context.head.query))
    functions = [_describe_function(by_name[name]) for name in page]
    return web.json_response({"functions": functions, **({"nextToken": token} if token else {})})


@OPERATIONS.register("GET", "/2023-03-30/functions/*", name="GetFunction")
@OPERATIONS.register("GET", "/2016-08-15/services/*/functions/*", name="GetFunction")
async def get_function(context: FcRequestContext) -> web.Response:
    """Return the function's configuration."""
    return web.json_response(_describe_function(context.deployed_function))


@OPERATIONS.register("GET", "/2023-03-30/functions/*/triggers", name="ListTriggers")
async def list_triggers(context: FcRequestContext) -> web.Response:
    """List all triggers of the function, on one page."""
    deployed_function = context.deployed_function
    triggers = [
        _describe_trigger(deployed_function, trigger)
        for trigger in deployed_function.function.triggers
    ]
    return web.json_response({"triggers": triggers})


@OPERATIONS.register(
    "GET", "/2023-03-30/functions/*/async-invoke-config", name="GetAsyncInvokeConfig"
)
async def get_async_invoke_config(context: FcRequestContext) -> web.Response:
    """Return the retries and the destination for failed asynchronous events."""
    function = context.deployed_function.function
    destinations = (
        {"onFailure": {"destination": function.on_failure}} if function.on_failure else {}
    )
    return web.json_response(
        {
            "functionArn": context.deployed_function.arn,
            "maxAsyncRetryAttempts": function.retries,
            "maxAsyncEventAgeInSeconds": function.max_event_age_s,
            "destinationConfig": destinations,
        }
    )


@OPERATIONS.register("GET", "/2023-03-30/functions/*/concurrency", name="GetConcurrencyConfig")
async def get_concurrency_config(context: FcRequestContext) -> web.Response:
    """Return the function's reserved concurrency."""
    reserved_concurrency = context.deployed_function.function.reserved_concurrency
    if reserved_concurrency is None:
        # UNCONFIRMED: the code; the SDK's models allow for no reserved concurrency.
        message = "no concurrency is reserved for the function"
        raise FcError(404, "ConcurrencyConfigNotFound", message)
    return web.json_response(
        {"functionArn": context.deployed_function.arn, "reservedConcurrency": reserved_concurrency}
    )


def select_page(names: Iterable[str], query: Mapping[str, list[str]]) -> tuple[list[str], str]:
    """Return one page of names for a query, and the token of the next page: its first name, empty
    after the last page. Raises FcError."""
    limit = query.get("limit", ["20"])[0]
    if not limit.isdecimal() or not 1 <= int(limit) <= _MAX_PAGE_SIZE:
        raise FcError(400, "InvalidArgument", f"limit must be from 1 to {_MAX_PAGE_SIZE}")
    prefix, token = (query.get(name, [""])[0] for name in ("prefix", "nextToken"))
    matching = sorted(name for name in names if name.startswith(prefix) and name >= token)
    return matching[: int(limit)], next(iter(matching[int(limit) :]), "")


def _describe_function(deployed_function: DeployedFunction) -> dict[str, Any]:
    function = deployed_function.function
    return {
        "functionName": function.name,
        "functionArn": deployed_function.arn,
        "runtime": function.runtime,
        "handler": function.handler,
        "timeout": function.timeout_s,
        "memorySize": function.memory_mb,
        "environmentVariables": dict(function.environment),
        "role": function.role,
        "state": "Active",
    }


def _describe_trigger(deployed_function: DeployedFunction, trigger: Trigger) -> dict[str, Any]:
    if isinstance(trigger, HttpTrigger):
        config: dict[str, Any] = {"authType": trigger.auth_type, "methods": list(trigger.methods)}
        return _build_trigger_fields(trigger.name, "http", config)
    if isinstance(trigger, EventBridgeTrigger):
        config = {
            "triggerEnable": trigger.enabled,
            "asyncInvocationType": True,
            "eventRuleFilterPattern": json.dumps(trigger.pattern.fields),
            "eventSourceConfig": {"eventSourceType": "Default"},
        }
        return _build_trigger_fields(trigger.name, "eventbridge", config)
    if isinstance(trigger, TimerTrigger):
        config = {
            "cronExpression": trigger.expression,
            "enable": trigger.enabled,
            "payload": trigger.payload,
        }
        return _build_trigger_fields(trigger.name, "timer", config)
    keys = {"prefix": trigger.prefix, "suffix": trigger.suffix}
    config = {"events": list(trigger.events), "filter": {"key": keys}}
    source = f"acs:oss:{deployed_function.region}:{deployed_function.account_id}:{trigger.bucket}"
    return {**_build_trigger_fields(trigger.name, "oss", config), "sourceArn": source}


def _build_trigger_fields(name: str, trigger_type: str, config: dict[str, Any]) -> dict[str, Any]:
    return {"triggerName": name, "triggerType": trigger_type, "triggerConfig": json.dumps(config)}
