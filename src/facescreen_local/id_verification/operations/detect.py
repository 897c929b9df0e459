"""A detection, from its parameters to its verdict; and the record of every one."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import defaultdict, deque
from collections.abc import Mapping
from typing import Any

import aiohttp

from facescreen_local.id_verification.errors import Refusal
from facescreen_local.id_verification.media.checks import Examination
from facescreen_local.id_verification.media.faces import FaceDetector
from facescreen_local.id_verification.operations.authorize_upload import UploadService
from facescreen_local.id_verification.operations.download import download
from facescreen_local.id_verification.operations.parameters import Material, material
from facescreen_local.id_verification.store.calls import Call, Rate
from facescreen_local.id_verification.verdicts import Analyzer

RISK_SCORE = "0.96"
"""Of every risk tag, whatever the risk (face-deepfake.txt, "Response parameters")."""
_MOST_CALLS = 250_000


class Detections:
    """Fetches what is to be judged, looks for a good face, and asks the analyzer."""

    def __init__(
        self, analyzer: Analyzer, uploads: UploadService, download_timeout_s: float
    ) -> None:
        self._analyzer = analyzer
        self._uploads = uploads
        self._download_timeout_s = download_timeout_s
        self._examination = Examination(FaceDetector())
        self.reset()

    def reset(self) -> None:
        """Forgets the calls, those that count against the quota too."""
        self.calls: deque[Call] = deque(maxlen=_MOST_CALLS)
        self._rates: dict[str, Rate] = defaultdict(Rate)

    async def start(self) -> None:
        """To be called in the loop that will run the detections."""
        self._session = aiohttp.ClientSession(
            auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar()
        )

    async def stop(self) -> None:
        """Closes the connections to where content was downloaded from."""
        await self._session.close()

    async def answer(
        self, operation: str, given: Mapping[str, str], ways: tuple[str, ...], quota: float | None
    ) -> dict[str, Any]:
        """The ResultObject. `ways`: see material; `quota`: calls of `operation` a second, for each
        operation has its own. Raises Refusal."""
        came = time.time()
        call = Call.at(came, operation, given)
        try:
            if not self._rates[operation].admit(quota, came):
                raise Refusal("Throttling.Api", "The API call is blocked by throttling.")
            result = await self._judged(material(given, ways))
        except Refusal as refusal:
            self.calls.append(call.answered(refusal.code))
            raise
        self.calls.append(call.answered("Success"))
        return result

    async def _judged(self, sent: Material) -> dict[str, Any]:
        content = await self._content(sent)
        await asyncio.to_thread(self._examination.pass_or_refuse, content, is_video=sent.is_video)
        analysis = await asyncio.to_thread(self._analyzer.analyze, content)
        return {
            "Result": analysis.result,
            "RiskTag": ",".join(analysis.risk_tags),
            "RiskScore": dict.fromkeys(analysis.risk_tags, RISK_SCORE),
            "TransactionId": f"local-stand-in-{uuid.uuid4().hex}",
        }

    async def _content(self, sent: Material) -> bytes:
        if sent.content is not None:
            return sent.content
        if sent.file_url:
            return self._uploads.file(sent.file_url)
        return await download(self._session, sent.url, self._download_timeout_s)
