"""Analyzers, which judge whether a face is forged. No open model that was tried can, so the one
that ships returns scripted verdicts."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from facescreen_local.id_verification.errors import IdVerificationError


@dataclass(frozen=True)
class FaceAnalysis:
    """`result` as on the wire: ``0`` low risk, ``1`` high risk, ``2`` suspicious."""

    result: str
    risk_tags: tuple[str, ...] = ()


LOW_RISK_ANALYSIS = FaceAnalysis("0")


class FaceAnalyzer(Protocol):
    """Judges an image or video in which a face was found."""

    def analyze(self, content: bytes) -> FaceAnalysis:
        """Judge `content`, the file as received. Raises IdVerificationError."""


class ScriptedAnalyzer:
    """Returns verdicts from a JSON file, by the SHA-256 of the content; low risk for the rest::

        {"<sha256>": {"Result": "1", "RiskTag": ["SuspectDeepForgery"], "label": "for people"}}

    The file can change at any time, and can be absent.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file_version: tuple[int, int] | None = None
        self._verdicts: dict[str, FaceAnalysis] = {}

    def analyze(self, content: bytes) -> FaceAnalysis:
        """Return the scripted verdict. Raises IdVerificationError (InternalError) if the file is
        invalid."""
        self._reload_if_changed()
        return self._verdicts.get(hashlib.sha256(content).hexdigest(), LOW_RISK_ANALYSIS)

    def _reload_if_changed(self) -> None:
        try:
            stat = self._path.stat()
            file_version = (stat.st_mtime_ns, stat.st_size)
            if file_version != self._file_version:
                self._verdicts = _parse_verdicts(self._path.read_bytes())
                self._file_version = file_version
        except FileNotFoundError:
            self._verdicts, self._file_version = {}, None
        except ValueError as error:
            raise IdVerificationError("InternalError", f"{self._path.name}: {error}") from None


def _parse_verdicts(text: bytes) -> dict[str, FaceAnalysis]:
    entries = json.loads(text)
    if not isinstance(entries, dict):
        raise ValueError("expected an object of verdicts by SHA-256")
    return {digest.lower(): _parse_analysis(digest, entry) for digest, entry in entries.items()}


def _parse_analysis(digest: str, entry: Any) -> FaceAnalysis:
    fields = entry if isinstance(entry, dict) else {}
    result, tags = fields.get("Result"), fields.get("RiskTag", [])
    if result not in ("0", "1", "2"):
        raise ValueError(f'{digest[:64]}: Result must be "0", "1" or "2"')
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise ValueError(f"{digest[:64]}: RiskTag must be a list of names")
    return FaceAnalysis(result, tuple(tags))
