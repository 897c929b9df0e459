"""InvokeFunction in both versions of the API."""

from __future__ import annotations

from types import MappingProxyType

from aiohttp import web

from facescreen_local.fc.api import LATEST_QUALIFIER
from facescreen_local.fc.context import FcRequestContext
from facescreen_local.fc.errors import FcError
from facescreen_local.fc.operations import OPERATIONS
from facescreen_local.fc.store.event import UNHANDLED_ERROR_TYPE, FunctionEvent

_MAX_EVENT_BYTES = MappingProxyType({"Sync": 32 * 1024 * 1024, "Async": 128 * 1024})


@OPERATIONS.register("POST", "/2023-03-30/functions/*/invocations", name="InvokeFunction")
@OPERATIONS.register(
    "POST", "/2016-08-15/services/*/functions/*/invocations", name="InvokeFunction"
)
async def invoke_function(context: FcRequestContext) -> web.Response:
    """Return the function's result, or 202 for an asynchronous invocation.

    FC 2.0 finds the functions of FC 3.0 here; see Fc2Api.
    """
    invocation_type = _read_invocation_type(context)
    function = context.deployed_function.function.name
    if context.target.qualifier != LATEST_QUALIFIER:
        raise FcError(400, "InvalidArgument", f"the only qualifier is {LATEST_QUALIFIER}")
    payload = await context.read_body(_MAX_EVENT_BYTES[invocation_type])
    event = FunctionEvent("api", payload, context.request_id)
    if invocation_type == "Async":
        context.functions.enqueue(function, event)
        return web.Response(status=202)
    result = await context.functions.invoke(function, event)
    headers = {} if result.status == "ok" else {"x-fc-error-type": UNHANDLED_ERROR_TYPE}
    return web.Response(body=result.payload, headers=headers)


def _read_invocation_type(context: FcRequestContext) -> str:
    invocation_type = context.head.headers.get("x-fc-invocation-type", "Sync")
    if invocation_type not in _MAX_EVENT_BYTES:
        known = " or ".join(_MAX_EVENT_BYTES)
        raise FcError(400, "InvalidArgument", f"x-fc-invocation-type must be {known}")
    return invocation_type
