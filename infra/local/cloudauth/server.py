"""ID Verification on loopback: DeepfakeDetectIntl and KeepaliveIntl, as on the wire."""

from __future__ import annotations

import asyncio
import uuid
from collections import deque
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp import web

from facescreen.deepfake.answer import STAND_IN_HEADER
from infra.local.service import Service

from .analyzer import ScriptedAnalyzer
from .calls import Call, Rate
from .download import download
from .examination import examine
from .faces import FaceDetector
from .gateway import Gateway
from .parameters import material
from .refusal import GATEWAY_STATUS, SERVICE_STATUS, Refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from infra.local.identity import Identity

    from .analyzer import Analyzer
    from .parameters import Material

VERSION = "2022-08-09"
STAND_IN = "local stand-in: not a forgery detector"
RISK_SCORE = "0.96"
"""Of every risk tag, whatever the risk (face-deepfake.txt, "Response parameters")."""
_MOST_CALLS = 100_000
_LARGEST_BODY = 3 * 1024 * 1024
"""Room for 1 MB in Base64, percent-encoded."""


class CloudauthService(Service):
    """Downloads, looks for a good face, and gives the verdict of its analyzer.

    `data` may hold ``verdicts.json`` (see ScriptedAnalyzer). Scripted errors of `behaviour` take
    their HTTP status from the page where it has the code.
    """

    def __init__(
        self,
        identity: Identity,
        data: Path,
        analyzer: Analyzer | None = None,
        download_timeout_s: float = 5,
    ) -> None:
        super().__init__()
        self._gateway = Gateway(identity)
        self._analyzer = analyzer or ScriptedAnalyzer(data / "verdicts.json")
        self._detector = FaceDetector()
        self._download_timeout_s = download_timeout_s
        self._rate = Rate()
        self._calls: deque[Call] = deque(maxlen=_MOST_CALLS)
        self._actions = {"DeepfakeDetectIntl": self._detect, "KeepaliveIntl": self._keep_alive}

    @property
    def calls(self) -> list[Call]:
        """Every detection answered since the last reset, the oldest first."""
        return list(self._calls)

    def reset(self) -> None:
        """Forgets the calls, those that count against the quota too."""
        self._calls.clear()
        self._rate = Rate()

    async def start(self, port: int = 0) -> None:
        self._session = aiohttp.ClientSession(
            auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar()
        )
        await super().start(port)

    async def stop(self) -> None:
        await super().stop()
        await self._session.close()

    def operation(self, request: web.BaseRequest) -> str:
        return request.headers.get("x-acs-action", "")

    async def answer(self, request: web.BaseRequest, request_id: str) -> web.StreamResponse:
        try:
            perform = self._routed(request)
            result = await perform(self._gateway.admit(request, await _body(request)))
        except Refusal as refusal:
            return self.error(500, refusal.code, str(refusal), request_id)
        return _json(200, {"RequestId": request_id, "Code": "Success", **result})

    def error(self, status: int, code: str, message: str, request_id: str) -> web.Response:
        body = {"RequestId": request_id, "Code": code, "Message": message}
        if code in GATEWAY_STATUS:
            host = self.url.partition("://")[2]
            return _json(GATEWAY_STATUS[code], {**body, "HostId": host})
        return _json(SERVICE_STATUS.get(code, status), body)

    def _routed(
        self, request: web.BaseRequest
    ) -> Callable[[dict[str, str]], Awaitable[dict[str, Any]]]:
        path = request.raw_path.partition("?")[0]
        perform = self._actions.get(self.operation(request))
        version = request.headers.get("x-acs-version")
        if perform is None or (request.method, path, version) != ("POST", "/", VERSION):
            text = "Specified api is not found, please check your url and method."
            raise Refusal("InvalidAction.NotFound", text)
        return perform

    async def _keep_alive(self, _: dict[str, str]) -> dict[str, Any]:
        return {"Message": "success", "Result": {"Result": "SUCCESS"}}

    async def _detect(self, given: dict[str, str]) -> dict[str, Any]:
        try:
            if not self._rate.admit(self.behaviour.quota):
                raise Refusal("Throttling.Api", "The API call is blocked by throttling.")
            result = await self._judged(material(given))
        except Refusal as refusal:
            self._calls.append(Call.now(given, refusal.code))
            raise
        self._calls.append(Call.now(given, "Success"))
        return {"Message": "success", "ResultObject": result}

    async def _judged(self, sent: Material) -> dict[str, Any]:
        content = sent.content or await download(self._session, sent.url, self._download_timeout_s)
        await asyncio.to_thread(examine, content, is_video=sent.is_video, detector=self._detector)
        analysis = await asyncio.to_thread(self._analyzer.analyze, content)
        return {
            "Result": analysis.result,
            "RiskTag": ",".join(analysis.risk_tags),
            "RiskScore": dict.fromkeys(analysis.risk_tags, RISK_SCORE),
            "TransactionId": f"local-stand-in-{uuid.uuid4().hex}",
        }


async def _body(request: web.BaseRequest) -> bytes:
    """Read here, for aiohttp's own reading stops at 1 MB."""
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > _LARGEST_BODY:
            raise Refusal("ToolargeImage", "The request is too large: send a URL.")
    return bytes(body)


def _json(status: int, body: dict[str, Any]) -> web.Response:
    return web.json_response(body, status=status, headers={STAND_IN_HEADER: STAND_IN})
