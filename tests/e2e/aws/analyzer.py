"""The verdicts of the local ID Verification here."""

from __future__ import annotations

from facescreen_local.id_verification.errors import IdVerificationError
from facescreen_local.id_verification.verdicts import LOW_RISK, Analysis

FORGED, POISON = b"forged", b"poison"


class SuffixAnalyzer:
    """An Analyzer: high risk for what ends with FORGED, and an error that no retry mends for what
    ends with POISON. A JPEG may end with anything."""

    def analyze(self, content: bytes) -> Analysis:
        """Raises IdVerificationError."""
        if content.endswith(POISON):
            raise IdVerificationError("InvalidParameter", "SceneCode is invalid.")
        return Analysis("1", ("SuspectDeepForgery",)) if content.endswith(FORGED) else LOW_RISK
