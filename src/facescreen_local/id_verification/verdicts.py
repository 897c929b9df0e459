"""Who says whether a face is forged. No open model tried for this tells real from fake, so what
ships gives the verdicts that it is told to give."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from facescreen_local.id_verification.errors import IdVerificationError


@dataclass(frozen=True)
class Analysis:
    """`result` as on the wire: ``0`` low risk, ``1`` high risk, ``2`` suspicious."""

    result: str
    risk_tags: tuple[str, ...] = ()


LOW_RISK = Analysis("0")


class Analyzer(Protocol):
    """Judges an image or video in which a face was found."""

    def analyze(self, content: bytes) -> Analysis:
        """The verdict on `content`, the file as it was received. Raises IdVerificationError."""


class ScriptedAnalyzer:
    """The verdicts of a JSON file, by the SHA-256 of the content; low risk for everything else::

        {"<sha256>": {"Result": "1", "RiskTag": ["SuspectDeepForgery"], "label": "for people"}}

    The file may be changed at any time, and may be absent.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read_at: tuple[int, int] | None = None
        self._verdicts: dict[str, Analysis] = {}

    def analyze(self, content: bytes) -> Analysis:
        """Raises IdVerificationError (InternalError) while the file is not what it should be."""
        self._refresh()
        return self._verdicts.get(hashlib.sha256(content).hexdigest(), LOW_RISK)

    def _refresh(self) -> None:
        try:
            stat = self._path.stat()
            written_at = (stat.st_mtime_ns, stat.st_size)
            if written_at != self._read_at:
                self._verdicts = _parsed(self._path.read_bytes())
                self._read_at = written_at
        except FileNotFoundError:
            self._verdicts, self._read_at = {}, None
        except ValueError as error:
            raise IdVerificationError("InternalError", f"{self._path.name}: {error}") from None


def _parsed(text: bytes) -> dict[str, Analysis]:
    given = json.loads(text)
    if not isinstance(given, dict):
        raise ValueError("expected an object of verdicts by SHA-256")
    return {digest.lower(): _analysis(digest, entry) for digest, entry in given.items()}


def _analysis(digest: str, entry: Any) -> Analysis:
    fields = entry if isinstance(entry, dict) else {}
    result, tags = fields.get("Result"), fields.get("RiskTag", [])
    if result not in ("0", "1", "2"):
        raise ValueError(f'{digest[:64]}: Result must be "0", "1" or "2"')
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise ValueError(f"{digest[:64]}: RiskTag must be a list of names")
    return Analysis(result, tuple(tags))
