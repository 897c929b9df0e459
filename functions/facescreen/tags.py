"""Verdict tags: written and read, in three forms."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from facescreen.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from facescreen.model import Finding

# What both stores take in a tag's value, less the space that parts a merged tag.
_NOT_IN_TAGS = re.compile(r"[^A-Za-z0-9+\-=._:/]")
_LONGEST_TAG_VALUE = 256
_TAGS = ("verdict", "reason", "etag", "at")


@dataclass(frozen=True)
class TaggedVerdict:
    """What the tags on an object say. Whoever may tag it can have forged them."""

    verdict: Verdict
    reasons: tuple[str, ...]
    """Risk tags or codes; the last may be cut."""
    etag: str
    at: str
    """ISO 8601, UTC, where `tag_set` wrote it."""


def tag_set(finding: Finding, etag: str, *, prefix: str, form: str) -> dict[str, str]:
    """The tags of a finding: four ``separate`` ones, one ``merged``, or ``none``."""
    values = {
        "verdict": finding.verdict.value,
        "reason": finding.reason,
        "etag": etag,
        "at": finding.at,
    }
    clean = {name: _NOT_IN_TAGS.sub("_", value) for name, value in values.items()}
    if form == "none":
        return {}
    if form == "merged":
        # The reason alone is cut: readers tell the others by their place.
        others = sum(len(value) + 1 for name, value in clean.items() if name != "reason")
        clean["reason"] = clean["reason"][: _LONGEST_TAG_VALUE - others]
        return {_merged_key(prefix): " ".join(clean.values())}
    return {prefix + name: value[:_LONGEST_TAG_VALUE] for name, value in clean.items()}


def verdict_tag_keys(prefix: str) -> frozenset[str]:
    """Every tag key that is ours under `prefix`, in any form."""
    separate = {prefix + name for name in _TAGS}
    return frozenset(separate | {_merged_key(prefix)})


def read_tagged_etag(tags: Mapping[str, str], *, prefix: str, form: str) -> str:
    """The ETag that our tags among `tags` speak of; empty when none is ours."""
    return _values(tags, prefix, form)["etag"]


def read_tags(tags: Mapping[str, str], *, prefix: str, form: str) -> TaggedVerdict | None:
    """What `tag_set` wrote among `tags`, in the form ``separate`` or ``merged``; None where no
    verdict of ours stands."""
    values = _values(tags, prefix, form)
    try:
        verdict = Verdict(values["verdict"])
    except ValueError:
        return None
    reasons = tuple(reason for reason in values["reason"].split(":") if reason)
    return TaggedVerdict(verdict, reasons, values["etag"], values["at"])


def _values(tags: Mapping[str, str], prefix: str, form: str) -> dict[str, str]:
    """By the names in _TAGS; empty texts where no tag is ours."""
    if form == "merged":
        merged = tags.get(_merged_key(prefix), "").split(" ")
        return dict(
            zip(_TAGS, merged if len(merged) == len(_TAGS) else [""] * len(_TAGS), strict=True)
        )
    return {name: tags.get(prefix + name, "") for name in _TAGS}


def _merged_key(prefix: str) -> str:
    return prefix.rstrip("-_.:/ ") or "deepfake"
