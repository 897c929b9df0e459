"""Builds and reads verdict tags, in three forms."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from facescreen.model import ObjectType, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from facescreen.model import Finding

# Characters that a store does not allow in a tag value, and the space that separates the parts of
# a merged tag.
_INVALID_TAG_CHARS = re.compile(r"[^A-Za-z0-9+\-=._:/]")
_MAX_TAG_VALUE_CHARS = 256
UNSCREENABLE_OBJECT_TYPES = frozenset({ObjectType.APPENDABLE, ObjectType.SYMLINK})
"""OSS's types of objects whose bytes can't be pinned."""
_TAG_NAMES = ("verdict", "reason", "etag", "at")


@dataclass(frozen=True)
class TaggedVerdict:
    """The verdict in an object's tags. Anyone who may tag the object can forge it."""

    verdict: Verdict
    reasons: tuple[str, ...]
    """Risk tags or codes; the last one may be truncated."""
    etag: str
    at: str
    """ISO 8601, UTC, if `build_tags` wrote it."""

    def is_about(self, etag: str, object_type: ObjectType = ObjectType.NORMAL) -> bool:
        """Whether this is a verdict on the current bytes of an object that is listed with `etag`
        and `object_type`. An appendable object may change without a new ETag in time, and a symlink
        shows another object's bytes: their only verdict is ``unscreenable``."""
        if object_type in UNSCREENABLE_OBJECT_TYPES:
            return self.verdict is Verdict.UNSCREENABLE
        return self.etag == etag


def build_tags(finding: Finding, etag: str, *, prefix: str, form: str) -> dict[str, str]:
    """Build the tags of a finding. `form` is ``separate`` (four tags), ``merged`` (one) or
    ``none``."""
    values = {
        "verdict": finding.verdict.value,
        "reason": finding.reason,
        "etag": etag,
        "at": finding.at,
    }
    clean = {name: _INVALID_TAG_CHARS.sub("_", value) for name, value in values.items()}
    if form == "none":
        return {}
    if form == "merged":
        # Only the reason is truncated: readers find the other parts by position.
        other_chars = sum(len(value) + 1 for name, value in clean.items() if name != "reason")
        clean["reason"] = clean["reason"][: _MAX_TAG_VALUE_CHARS - other_chars]
        return {_build_merged_tag_key(prefix): " ".join(clean.values())}
    return {prefix + name: value[:_MAX_TAG_VALUE_CHARS] for name, value in clean.items()}


def build_verdict_tag_keys(prefix: str) -> frozenset[str]:
    """Return every tag key that facescreen uses with `prefix`, in any form."""
    separate = {prefix + name for name in _TAG_NAMES}
    return frozenset(separate | {_build_merged_tag_key(prefix)})


def read_tagged_etag(tags: Mapping[str, str], *, prefix: str, form: str) -> str:
    """Return the ETag in our tags; empty if none of `tags` is ours."""
    return _read_tag_values(tags, prefix, form)["etag"]


def read_tagged_verdict(tags: Mapping[str, str], *, prefix: str, form: str) -> TaggedVerdict | None:
    """Read the verdict that `build_tags` wrote, in the form ``separate`` or ``merged``. Returns
    None if `tags` contain no verdict of ours."""
    values = _read_tag_values(tags, prefix, form)
    try:
        verdict = Verdict(values["verdict"])
    except ValueError:
        return None
    reasons = tuple(reason for reason in values["reason"].split(":") if reason)
    return TaggedVerdict(verdict, reasons, values["etag"], values["at"])


def _read_tag_values(tags: Mapping[str, str], prefix: str, form: str) -> dict[str, str]:
    """Return our values by the names in _TAG_NAMES; empty strings if no tag is ours."""
    if form == "merged":
        merged = tags.get(_build_merged_tag_key(prefix), "").split(" ")
        return dict(
            zip(
                _TAG_NAMES,
                merged if len(merged) == len(_TAG_NAMES) else [""] * len(_TAG_NAMES),
                strict=True,
            )
        )
    return {name: tags.get(prefix + name, "") for name in _TAG_NAMES}


def _build_merged_tag_key(prefix: str) -> str:
    return prefix.rstrip("-_.:/ ") or "deepfake"
