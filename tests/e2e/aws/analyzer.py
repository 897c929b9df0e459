"""Verdicts of the local ID Verification in these tests."""

from __future__ import annotations

from facescreen_local.id_verification.errors import IdVerificationError
from facescreen_local.id_verification.verdicts import LOW_RISK_ANALYSIS, FaceAnalysis

FORGED, POISON = b"forged", b"poison"


class SuffixAnalyzer:
    """An Analyzer that decides by the last bytes, which a JPEG decoder ignores.

    Content that ends with FORGED is high risk. Content that ends with POISON is a permanent error.
    """

    def analyze(self, content: bytes) -> FaceAnalysis:
        """Raises IdVerificationError."""
        if content.endswith(POISON):
            raise IdVerificationError("InvalidParameter", "SceneCode is invalid.")
        return (
            FaceAnalysis("1", ("SuspectDeepForgery",))
            if content.endswith(FORGED)
            else LOW_RISK_ANALYSIS
        )
