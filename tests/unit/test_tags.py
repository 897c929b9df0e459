"""Tags are read back as they were written, and any other tags are harmless."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facescreen.model import Finding, ObjectType, Verdict
from facescreen.tags import TaggedVerdict, build_tags, read_tagged_etag, read_tagged_verdict

SCREENED_AT = "2026-11-23T04:05:06Z"
PREFIX = "deepfake-"
RISK_TAGS = "SuspectDeepForgery", "SuspectPSFace"


@pytest.mark.parametrize("form", ["separate", "merged"])
@pytest.mark.parametrize("verdict", Verdict)
@pytest.mark.parametrize("risks", [(), RISK_TAGS])
def test_written_tags_are_read_back(form: str, verdict: Verdict, risks: tuple[str, ...]) -> None:
    finding = Finding(verdict, "fs" + "0" * 30, SCREENED_AT, risk_tags=risks)
    tags = {"team": "kyc", **build_tags(finding, "E" * 32, prefix=PREFIX, form=form)}
    tagged_verdict = TaggedVerdict(verdict, risks, "E" * 32, SCREENED_AT)
    assert read_tagged_verdict(tags, prefix=PREFIX, form=form) == tagged_verdict


@pytest.mark.parametrize("value", ["clean", "LOW_RISK", "", "low_risk ", "low_risk a b"])
@pytest.mark.parametrize(
    ("form", "key"), [("separate", "deepfake-verdict"), ("merged", "deepfake")]
)
def test_an_unknown_verdict_is_ignored(form: str, key: str, value: str) -> None:
    tags = {key: value, "deepfake-etag": "E" * 32}
    assert read_tagged_verdict(tags, prefix=PREFIX, form=form) is None


@pytest.mark.parametrize(
    ("verdict", "etag", "object_type", "is_current"),
    [
        (Verdict.LOW_RISK, "E", ObjectType.NORMAL, True),
        (Verdict.LOW_RISK, "E", ObjectType.MULTIPART, True),
        (Verdict.LOW_RISK, "another", ObjectType.NORMAL, False),
        (Verdict.UNSCREENABLE, "another", ObjectType.NORMAL, False),
        (Verdict.LOW_RISK, "E", ObjectType.SYMLINK, False),
        (Verdict.LOW_RISK, "E", ObjectType.APPENDABLE, False),
        (Verdict.UNSCREENABLE, "another", ObjectType.SYMLINK, True),
        (Verdict.UNSCREENABLE, "another", ObjectType.APPENDABLE, True),
    ],
)
def test_only_unscreenable_is_a_verdict_on_an_object_that_can_not_be_pinned(
    verdict: Verdict, etag: str, object_type: ObjectType, is_current: bool
) -> None:
    tagged_verdict = TaggedVerdict(verdict, (), "E", SCREENED_AT)
    assert tagged_verdict.is_about(etag, object_type) is is_current


def test_the_etag_is_read_whatever_the_verdict() -> None:
    tags = {"deepfake-verdict": "clean", "deepfake-etag": "E"}
    assert read_tagged_etag(tags, prefix=PREFIX, form="separate") == "E"
    assert read_tagged_etag({"deepfake": "clean : E @"}, prefix=PREFIX, form="merged") == "E"


KEYS = st.sampled_from(
    ["deepfake", *(PREFIX + name for name in ("verdict", "reason", "etag", "at"))]
)
VALUES = st.text(max_size=20) | st.sampled_from(
    ["low_risk", "low_risk : : :", ":::", "low_risk   "]
)


@given(st.dictionaries(KEYS, VALUES), st.sampled_from(["separate", "merged"]))
def test_any_tags_can_be_read(tags: dict[str, str], form: str) -> None:
    tagged_verdict = read_tagged_verdict(tags, prefix=PREFIX, form=form)
    assert tagged_verdict is None or all(tagged_verdict.reasons)
