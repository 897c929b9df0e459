"""The local cloud's own address: make it misbehave, and see what it did."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from aiohttp import web

from facescreen_local.protocol.faults import Behaviour, InvalidFaultError
from facescreen_local.protocol.service import LocalError, Service

_LARGEST_BODY = 1024 * 1024
_FIRE = "POST /fire/"


class AdminService(Service):
    """``PUT /behaviour``, ``GET /calls``, ``GET /invocations``, ``POST /reset``, and
    ``POST /fire/FUNCTION`` for a time trigger."""

    def __init__(
        self,
        services: Callable[[], Mapping[str, Service]],
        *,
        fire: Callable[[str], int],
        invocations: Callable[[], list[dict[str, Any]]],
        calls: Callable[[], list[dict[str, Any]]],
        reset: Callable[[], None],
    ) -> None:
        """`fire` fires a function's time triggers; it raises LocalError. `invocations` and `calls`
        are given as JSON; ``billed`` in a call says whether it was."""
        super().__init__()
        self._services = services
        self._fire = fire
        self._invocations = invocations
        self._calls = calls
        self._reset = reset

    def operation(self, request: web.BaseRequest) -> str:
        return f"{request.method} {request.path}"

    async def answer(self, request: web.BaseRequest, request_id: str) -> web.StreamResponse:
        asked = self.operation(request)
        if "Origin" in request.headers:
            return self.error(403, "Forbidden", "not for web pages of other origins", request_id)
        if asked == "PUT /behaviour":
            return await self._set_behaviour(request, request_id)
        if asked.startswith(_FIRE):
            return self._fire_timers(asked.removeprefix(_FIRE), request_id)
        told = {
            "GET /calls": self._billed_calls,
            "GET /calls/all": self._calls,
            "GET /invocations": self._invocations,
            "POST /reset": self._reset,
        }
        if asked not in told:
            known = f"known here: PUT /behaviour, {_FIRE}FUNCTION, {', '.join(told)}"
            return self.error(404, "NotFound", known, request_id)
        return _json(told[asked]())

    def error(self, status: int, code: str, message: str, request_id: str) -> web.Response:
        return _json({"code": code, "message": message, "request_id": request_id}, status)

    async def _set_behaviour(self, request: web.BaseRequest, request_id: str) -> web.Response:
        if (request.content_length or 0) > _LARGEST_BODY:
            return self.error(413, "TooLarge", "a behaviour has at most 1 MB", request_id)
        try:
            given = json.loads(await request.read())
            if not isinstance(given, dict):
                raise InvalidFaultError("expected an object of services")
            services = self._services()
            unknown = sorted(set(given) - set(services))
            if unknown:
                raise InvalidFaultError(
                    f"unknown service {unknown[0]!r}; known: {', '.join(services)}"
                )
            parsed = {name: Behaviour.parse(wanted) for name, wanted in given.items()}
        except ValueError as error:
            return self.error(400, "BadBehaviour", str(error), request_id)
        for name, behaviour in parsed.items():
            services[name].behaviour = behaviour
        return _json({name: asdict(service.behaviour) for name, service in services.items()})

    def _fire_timers(self, function: str, request_id: str) -> web.Response:
        try:
            fired = self._fire(function)
        except LocalError as error:
            return self.error(error.status, error.code, error.message, request_id)
        if not fired:
            message = f"{function} has no time trigger that is enabled"
            return self.error(409, "NotEnabled", message, request_id)
        return _json({"fired": fired})

    def _billed_calls(self) -> list[dict[str, Any]]:
        return [call for call in self._calls() if call["billed"]]


def _json(body: object, status: int = 200) -> web.Response:
    return web.json_response(body, status=status)
