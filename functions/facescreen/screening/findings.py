"""Findings: what the bytes and the service say about a file, as one value."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from facescreen.errors import ContentError
from facescreen.media.media import UnreadableMediaError
from facescreen.media.probe import probe
from facescreen.model import EMULATOR_ADVICE_RULE, Advice, Finding, Verdict
from facescreen.requirements import assess

if TYPE_CHECKING:
    from collections.abc import Callable

    from facescreen.deepfake.response import Detection
    from facescreen.errors import FacescreenError
    from facescreen.media.media import Media
    from facescreen.media.reader import RangeReader
    from facescreen.requirements import Assessment, Strictness
    from facescreen.timing import Timings

_DETAILS_BY_VERDICT = {
    Verdict.LOW_RISK: "The service found no sign of a deepfake.",
    Verdict.HIGH_RISK: "The service found a high risk of a deepfake.",
    Verdict.SUSPICIOUS: "The service found the face suspicious.",
    Verdict.FAILED: "The service reported success, but with an unknown result.",
}
_DETAILS_BY_REJECTION_CODE = {
    "NoFaceDetected": "No face was found. Send a photo of one face, from the front.",
    "UnqualifiedPhoto": "The photo is not clear enough. Send one that is sharp, evenly lit, "
    "complete and upright.",
    "ToolargeImage": "The file is too large. Send a smaller one.",
}
_DETAILS_BY_OBJECT_CODE = {
    "UnreadableArchive": "The object is archived. Restore it and upload it again.",
    "UnreadableEncryption": "The object is encrypted with the uploader's own key (SSE-C). "
    "Upload it without SSE-C.",
    "UnreadableEncoding": "The object has a Content-Encoding that browsers decode: not every "
    "reader gets the same bytes. Upload it without Content-Encoding.",
    "MisleadingContentType": "The object's Content-Type makes browsers show something else than "
    "the picture. Upload it with the type of the picture or video.",
    "WebsiteRedirect": "The object redirects the readers of a website to another address. Upload "
    "it without a redirect location.",
    "AppendableObject": "The object is appendable: its bytes can change without a new upload. "
    "Upload it with PutObject.",
    "SymbolicLink": "The object is a symbolic link, which shows another object's bytes. Upload the "
    "file itself.",
    "RevisionNotPinned": "The store can't prove that the bytes stay the same while they are "
    "screened. Upload the file in one part, as a JPEG of at most 1920 by 1080 pixels, or enable "
    "versioning.",
}


@dataclass(frozen=True)
class ScreenableMedia:
    """Bytes that meet the requirements."""

    media: Media
    convert: bool
    """Whether the store must convert them first."""
    advice: tuple[Advice, ...]


def assess_media(
    reader: RangeReader,
    merchant_biz_id: str,
    *,
    strictness: Strictness,
    can_convert: bool,
) -> ScreenableMedia | Finding:
    """Check bytes against the requirements. Returns a finding if they can't be sent."""
    try:
        media = probe(reader)
    except UnreadableMediaError as error:
        return _build_invalid_media_finding(merchant_biz_id, str(error))
    except ContentError as error:
        return build_object_finding(merchant_biz_id, error.code, error.request_id)
    assessment = assess(media, reader.size, strictness, can_convert=can_convert)
    if assessment.rejections:
        return _build_unmet_requirements_finding(merchant_biz_id, media, assessment)
    return ScreenableMedia(media, assessment.convert, assessment.advice)


def screen_media(
    reader: RangeReader,
    merchant_biz_id: str,
    detect: Callable[[Media], Detection],
    timings: Timings,
    *,
    strictness: Strictness,
) -> Finding:
    """Screen a file that is not in a bucket: check the requirements, then call the service if the
    file meets them. Raises the errors of `detect`, except ContentError."""
    with timings.measure("probe"):
        assessed = assess_media(reader, merchant_biz_id, strictness=strictness, can_convert=False)
    if isinstance(assessed, Finding):
        return assessed
    return run_detection(merchant_biz_id, lambda: detect(assessed.media), timings, assessed)


def run_detection(
    merchant_biz_id: str,
    detect: Callable[[], Detection],
    timings: Timings,
    screenable: ScreenableMedia | None = None,
) -> Finding:
    """Call the service and return its finding. `screenable` is None if the bytes were not read.
    Raises the errors of `detect`, except ContentError."""
    media = screenable.media if screenable else None
    advice = screenable.advice if screenable else ()
    with timings.measure("call"):
        try:
            detection = detect()
        except ContentError as error:
            return build_rejected_finding(merchant_biz_id, error, screenable)
    return _build_detection_finding(merchant_biz_id, detection, media, advice)


def build_failed_finding(merchant_biz_id: str, failure: FacescreenError) -> Finding:
    """Return the finding for an object that is not retried. `failure` is the cause."""
    return Finding(
        Verdict.FAILED,
        merchant_biz_id,
        _format_now(),
        reasons=(failure.code or failure.name,),
        detail=str(failure),
        request_id=failure.request_id,
    )


def build_object_finding(merchant_biz_id: str, code: str, request_id: str = "") -> Finding:
    """Return the finding for an object whose kind, not whose picture, can't be screened. No call
    was made, and a better photo would not help."""
    return Finding(
        Verdict.UNSCREENABLE,
        merchant_biz_id,
        _format_now(),
        reasons=(code,),
        detail=_DETAILS_BY_OBJECT_CODE[code],
        request_id=request_id,
    )


def _build_invalid_media_finding(merchant_biz_id: str, detail: str) -> Finding:
    """Build the finding for bytes that are not an image or video. No call was made."""
    return Finding(
        Verdict.UNSCREENABLE,
        merchant_biz_id,
        _format_now(),
        reasons=("UnqualifiedPhoto",),
        detail=detail,
        retake=True,
    )


def _build_unmet_requirements_finding(
    merchant_biz_id: str, media: Media, assessment: Assessment
) -> Finding:
    """Build the finding for a file that does not meet the requirements. No call was made."""
    return Finding(
        Verdict.UNSCREENABLE,
        merchant_biz_id,
        _format_now(),
        reasons=tuple(dict.fromkeys(rule.code for rule in assessment.rejections)),
        detail=" ".join(rule.message for rule in assessment.rejections),
        retake=True,
        media=_describe_media(media),
        warnings=assessment.advice,
    )


def build_rejected_finding(
    merchant_biz_id: str, error: ContentError, screenable: ScreenableMedia | None
) -> Finding:
    """Return the finding for content that the service rejected, or that the store can't convert.
    Nothing is paid for. `screenable` is None if the bytes were not read."""
    return Finding(
        Verdict.UNSCREENABLE,
        merchant_biz_id,
        _format_now(),
        reasons=(error.code,),
        detail=_DETAILS_BY_REJECTION_CODE.get(error.code, "The service can't screen this content."),
        retake=True,
        media=_describe_media(screenable.media if screenable else None),
        warnings=screenable.advice if screenable else (),
        request_id=error.request_id,
    )


def _build_detection_finding(
    merchant_biz_id: str,
    detection: Detection,
    media: Media | None,
    advice: tuple[Advice, ...],
) -> Finding:
    """Build the finding for the result of a call, which is paid for."""
    is_failed = detection.verdict is Verdict.FAILED
    emulator_advice = (
        (Advice(EMULATOR_ADVICE_RULE, detection.emulator_name),) if detection.emulator_name else ()
    )
    return Finding(
        detection.verdict,
        merchant_biz_id,
        _format_now(),
        reasons=("UnknownResult",) if is_failed else (),
        detail="Not assessed for deepfakes."
        if emulator_advice
        else _DETAILS_BY_VERDICT[detection.verdict],
        risk_tags=detection.risk_tags,
        risk_scores=dict(detection.risk_scores),
        media=_describe_media(media),
        warnings=emulator_advice + advice,
        request_id=detection.request_id,
        transaction_id=detection.transaction_id,
    )


def _describe_media(media: Media | None) -> dict[str, Any]:
    if media is None:
        return {}
    return {
        "type": media.type,
        "width": media.width,
        "height": media.height,
        "duration_s": media.duration_s,
        "fps": media.fps,
    }


def _format_now() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
