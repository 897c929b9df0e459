"""How a look at some bytes becomes a finding."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from .outcome import Advice, Finding, Verdict

if TYPE_CHECKING:
    from .deepfake.answer import Detection
    from .errors import ContentFault
    from .media import Media
    from .requirements import Assessment

_SAYS = {
    Verdict.LOW_RISK: "The service found no sign of a deepfake.",
    Verdict.HIGH_RISK: "The service found a high risk of a deepfake.",
    Verdict.SUSPICIOUS: "The service found the face suspicious.",
    Verdict.FAILED: "The service answered Success, but with no result that is known.",
}


def unreadable(merchant_biz_id: str, why: str) -> Finding:
    """The bytes are no image or video. No call was made."""
    return Finding(
        Verdict.UNSCREENABLE,
        merchant_biz_id,
        _now(),
        reasons=("UnqualifiedPhoto",),
        detail=why,
        retake=True,
    )


def unfit(merchant_biz_id: str, media: Media, fit: Assessment) -> Finding:
    """The file breaks requirements. No call was made."""
    return Finding(
        Verdict.UNSCREENABLE,
        merchant_biz_id,
        _now(),
        reasons=tuple(dict.fromkeys(rule.code for rule in fit.refusals)),
        detail=" ".join(rule.says for rule in fit.refusals),
        retake=True,
        media=_described(media),
        warnings=fit.advice,
    )


def rejected(merchant_biz_id: str, media: Media, fit: Assessment, fault: ContentFault) -> Finding:
    """The service refused the content, which costs nothing."""
    return Finding(
        Verdict.UNSCREENABLE,
        merchant_biz_id,
        _now(),
        reasons=(fault.code,),
        detail=_REJECTED.get(fault.code, "The service can't screen this content."),
        retake=True,
        media=_described(media),
        warnings=fit.advice,
        request_id=fault.request_id,
    )


def judged(merchant_biz_id: str, media: Media, fit: Assessment, detection: Detection) -> Finding:
    """The service gave its result, which is paid for."""
    failed = detection.verdict is Verdict.FAILED
    stand_in = (Advice("stand-in", detection.stand_in),) if detection.stand_in else ()
    return Finding(
        detection.verdict,
        merchant_biz_id,
        _now(),
        reasons=("UnknownResult",) if failed else (),
        detail="Not assessed for deepfakes." if stand_in else _SAYS[detection.verdict],
        risk_tags=detection.risk_tags,
        risk_scores=dict(detection.risk_scores),
        media=_described(media),
        warnings=stand_in + fit.advice,
        request_id=detection.request_id,
        transaction_id=detection.transaction_id,
    )


_REJECTED = {
    "NoFaceDetected": "No face was found. Send a photo of one face, from the front.",
    "UnqualifiedPhoto": "The photo is not clear enough. Send one that is sharp, evenly lit, "
    "complete and upright.",
    "ToolargeImage": "The file is too large. Send a smaller one.",
}


def _described(media: Media) -> dict[str, Any]:
    return {
        "type": media.type,
        "width": media.width,
        "height": media.height,
        "duration_s": media.duration_s,
        "fps": media.fps,
    }


def _now() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
