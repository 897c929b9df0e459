"""Why an object of S3 was given up, by what stands on it."""

from __future__ import annotations

import inspect

import pytest

from facescreen import errors
from facescreen.model import Finding, ObjectRef, Verdict
from facescreen.screening.findings import build_failed_finding
from facescreen.tags import tag_set
from facescreen.testing.stores import MemoryStore
from facescreen_cli.commands.redrive.causes import ALREADY_SCREENED, NOT_TOLD, cause_of
from facescreen_cli.commands.redrive.standing import S3Standing

BIZ_ID = "fs0123456789abcdef0123456789abcd"
PASSED = Finding(Verdict.LOW_RISK, BIZ_ID, "2026-11-23T04:05:06Z")


def why(finding: Finding | None, form: str = "separate", etag: str = "") -> tuple[str, str]:
    """Of an object on which `finding` stands, about these bytes or those of `etag`."""
    store = MemoryStore()
    stored = store.put("selfies", "a.jpg", b"bytes")
    if finding:
        ref = ObjectRef("s3", "selfies", "a.jpg")
        store.replace_tags(ref, tag_set(finding, etag or stored, prefix="df-", form=form))
    event = ObjectRef("s3", "selfies", "a.jpg", stored)
    return S3Standing(store, "df-", form).why(event)


@pytest.mark.parametrize("form", ["separate", "merged"])
@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("InvalidParameter", "BadRequest"),
        ("Forbidden.AccountAccessDenied", "AccessRefused"),
        ("Throttling.User", "Throttled"),
        ("InternalError", "Unavailable"),
        ("AccessDenied", "AccessRefused"),  # S3's own from here on
        ("SlowDown", "Unavailable"),
        ("ExpiredToken", "CredentialsExpired"),
        ("NoSuchBucket", "BadSettings"),
    ],
)
def test_a_code_stands_for_its_error(form: str, code: str, error: str) -> None:
    named, says = why(
        build_failed_finding(BIZ_ID, errors.OperatorError("refused", code=code)), form
    )
    assert (named, says.partition(";")[0]) == (error, code)


def test_what_a_code_asks_for_is_said() -> None:
    _, says = why(
        build_failed_finding(
            BIZ_ID, errors.RequestRejectedError("refused", code="InvalidParameter")
        )
    )
    assert says == "InvalidParameter; check SCENE_CODE"


def test_an_error_without_a_code_is_named_itself() -> None:
    for _, kind in inspect.getmembers(errors, inspect.isclass):
        if issubclass(kind, errors.FacescreenError):
            assert why(build_failed_finding(BIZ_ID, kind("in the way")))[0] == kind.name


def test_a_code_that_nobody_knows_is_named_and_not_foreseen() -> None:
    named, _ = why(build_failed_finding(BIZ_ID, errors.OperatorError("odd", code="Odd.Code")))
    assert named == "Odd.Code"
    assert "Not foreseen" in cause_of(named).remedy


def test_what_says_nothing_is_not_told() -> None:
    assert why(None) == (NOT_TOLD, "no verdict stands on it")
    assert why(Finding(Verdict.FAILED, BIZ_ID, "2026-11-23T04:05:06Z"))[0] == NOT_TOLD


def test_a_verdict_is_not_a_failure() -> None:
    assert why(PASSED) == (ALREADY_SCREENED, "it is low_risk")


def test_other_bytes_are_told_apart() -> None:
    assert (
        why(build_failed_finding(BIZ_ID, errors.ServiceUnavailableError("down")), etag="other")[0]
        == "ObjectChanged"
    )
    assert why(PASSED, etag="other")[0] == "ObjectChanged"


def test_what_is_gone_is_told() -> None:
    gone = ObjectRef("s3", "selfies", "gone.jpg", "E")
    assert S3Standing(MemoryStore(), "df-", "separate").why(gone)[0] == "ObjectGone"


@pytest.mark.parametrize(
    ("version", "action"), [("", "s3:GetObjectTagging"), ("v1", "s3:GetObjectVersionTagging")]
)
def test_what_may_not_be_read_names_the_permission(version: str, action: str) -> None:
    class Closed(MemoryStore):
        def tags(self, ref: ObjectRef) -> dict[str, str]:
            raise errors.AccessDeniedError(f"S3 refused {ref.key}")

    ref = ObjectRef("s3", "selfies", "a.jpg", "E", version)
    named, says = S3Standing(Closed(), "df-", "separate").why(ref)
    assert named == NOT_TOLD
    assert f"allow these credentials {action} on selfies" in says
