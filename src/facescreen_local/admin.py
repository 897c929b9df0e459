"""The admin API of the local cloud: scripts faults and lists calls and invocations."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from aiohttp import web

from facescreen_local.protocol.faults import Behaviour, InvalidFaultError
from facescreen_local.protocol.service import Service, ServiceError

_MAX_BODY_BYTES = 1024 * 1024
_FIRE_ROUTE = "POST /fire/"


class AdminService(Service):
    """``PUT /behaviour``, ``GET /faults``, ``GET /calls``, ``GET /invocations``, ``GET /pending``,
    ``POST /reset``, and ``POST /fire/FUNCTION`` for a time trigger."""

    def __init__(
        self,
        services: Callable[[], Mapping[str, Service]],
        *,
        fire: Callable[[str], int],
        invocations: Callable[[], list[dict[str, Any]]],
        pending_count: Callable[[], int],
        calls: Callable[[], list[dict[str, Any]]],
        reset: Callable[[], None],
    ) -> None:
        """`fire` fires a function's time triggers and returns how many; it raises ServiceError.
        `pending_count` returns the number of asynchronous events that have not ended.
        `invocations` and `calls` return JSON objects; a call's ``billed`` is a boolean."""
        super().__init__()
        self._services = services
        self._fire = fire
        self._invocations = invocations
        self._pending_count = pending_count
        self._calls = calls
        self._reset = reset

    def get_operation_name(self, request: web.BaseRequest) -> str:
        return f"{request.method} {request.path}"

    async def respond(self, request: web.BaseRequest, request_id: str) -> web.StreamResponse:
        route = self.get_operation_name(request)
        if "Origin" in request.headers:
            return self.build_error_response(
                403, "Forbidden", "web pages must not call this address", request_id
            )
        if route == "PUT /behaviour":
            return await self._set_behaviour(request, request_id)
        if route.startswith(_FIRE_ROUTE):
            return self._fire_timers(route.removeprefix(_FIRE_ROUTE), request_id)
        routes: dict[str, Callable[[], object]] = {
            "GET /faults": self._list_injected_faults,
            "GET /calls": self._list_billed_calls,
            "GET /calls/all": self._calls,
            "GET /invocations": self._invocations,
            "GET /pending": self._count_pending,
            "POST /reset": self._reset,
        }
        if route not in routes:
            known_routes = (
                f"known routes: PUT /behaviour, {_FIRE_ROUTE}FUNCTION, {', '.join(routes)}"
            )
            return self.build_error_response(404, "NotFound", known_routes, request_id)
        return _json_response(routes[route]())

    def build_error_response(
        self, status: int, code: str, message: str, request_id: str
    ) -> web.Response:
        return _json_response({"code": code, "message": message, "request_id": request_id}, status)

    async def _set_behaviour(self, request: web.BaseRequest, request_id: str) -> web.Response:
        if (request.content_length or 0) > _MAX_BODY_BYTES:
            return self.build_error_response(
                413, "TooLarge", "the body may have at most 1 MB", request_id
            )
        try:
            payload = json.loads(await request.read())
            if not isinstance(payload, dict):
                raise InvalidFaultError("expected an object with one field per service")
            services = self._services()
            unknown = sorted(set(payload) - set(services))
            if unknown:
                raise InvalidFaultError(
                    f"unknown service {unknown[0]!r}; known: {', '.join(services)}"
                )
            behaviours = {name: Behaviour.parse(fields) for name, fields in payload.items()}
        except ValueError as error:
            return self.build_error_response(400, "BadBehaviour", str(error), request_id)
        for name, behaviour in behaviours.items():
            services[name].behaviour = behaviour
        return _json_response(
            {name: asdict(service.behaviour) for name, service in services.items()}
        )

    def _fire_timers(self, function: str, request_id: str) -> web.Response:
        try:
            fired_count = self._fire(function)
        except ServiceError as error:
            return self.build_error_response(error.status, error.code, error.message, request_id)
        if not fired_count:
            message = f"{function} has no enabled time trigger"
            return self.build_error_response(409, "NotEnabled", message, request_id)
        return _json_response({"fired": fired_count})

    def _count_pending(self) -> dict[str, int]:
        late_calls = sum(service.late_call_count for service in self._services().values())
        return {"events": self._pending_count(), "late_calls": late_calls}

    def _list_injected_faults(self) -> list[dict[str, Any]]:
        return [
            {"service": name, **asdict(injected)}
            for name, service in self._services().items()
            for injected in service.injected_faults
        ]

    def _list_billed_calls(self) -> list[dict[str, Any]]:
        return [call for call in self._calls() if call["billed"]]


def _json_response(body: object, status: int = 200) -> web.Response:
    return web.json_response(body, status=status)
