"""Reads from an S3 object's tags why its screening failed."""

from __future__ import annotations

import inspect

import pytest

from facescreen import errors
from facescreen.model import Finding, ObjectRef, Verdict
from facescreen.screening.findings import build_failed_finding
from facescreen.tags import build_tags
from facescreen.testing.object_store import MemoryStore
from facescreen_cli.commands.redrive.causes import ALREADY_SCREENED, UNKNOWN_CAUSE, find_cause
from facescreen_cli.commands.redrive.tag_causes import TagCauseFinder

BIZ_ID = "fs0123456789abcdef0123456789abcd"
LOW_RISK = Finding(Verdict.LOW_RISK, BIZ_ID, "2026-11-23T04:05:06Z")


def read_cause(finding: Finding | None, form: str = "separate", etag: str = "") -> tuple[str, str]:
    """Read the cause from an object that `finding` tags, about its own bytes or those of `etag`."""
    store = MemoryStore()
    stored_etag = store.put("selfies", "a.jpg", b"bytes")
    if finding:
        ref = ObjectRef("s3", "selfies", "a.jpg")
        store.replace_tags(ref, build_tags(finding, etag or stored_etag, prefix="df-", form=form))
    event = ObjectRef("s3", "selfies", "a.jpg", stored_etag)
    return TagCauseFinder(store, "df-", form).find(event)


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
def test_a_code_is_mapped_to_its_error(form: str, code: str, error: str) -> None:
    error_name, message = read_cause(
        build_failed_finding(BIZ_ID, errors.OperatorError("refused", code=code)), form
    )
    assert (error_name, message.partition(";")[0]) == (error, code)


def test_the_message_says_what_to_check_for_a_code() -> None:
    _, message = read_cause(
        build_failed_finding(
            BIZ_ID, errors.RequestRejectedError("refused", code="InvalidParameter")
        )
    )
    assert message == "InvalidParameter; check SCENE_CODE"


def test_an_error_without_a_code_is_reported_by_its_name() -> None:
    for _, error_class in inspect.getmembers(errors, inspect.isclass):
        if issubclass(error_class, errors.FacescreenError):
            assert (
                read_cause(build_failed_finding(BIZ_ID, error_class("in the way")))[0]
                == error_class.name
            )


def test_an_unknown_code_is_reported_as_unexpected() -> None:
    error_name, _ = read_cause(
        build_failed_finding(BIZ_ID, errors.OperatorError("odd", code="Odd.Code"))
    )
    assert error_name == "Odd.Code"
    assert "Unexpected" in find_cause(error_name).remedy


def test_missing_tags_or_reasons_are_an_unknown_cause() -> None:
    assert read_cause(None) == (UNKNOWN_CAUSE, "it has no verdict")
    assert read_cause(Finding(Verdict.FAILED, BIZ_ID, "2026-11-23T04:05:06Z"))[0] == UNKNOWN_CAUSE


def test_an_object_with_a_verdict_is_already_screened() -> None:
    assert read_cause(LOW_RISK) == (ALREADY_SCREENED, "it is low_risk")


def test_tags_about_other_bytes_mean_that_the_object_changed() -> None:
    assert (
        read_cause(
            build_failed_finding(BIZ_ID, errors.ServiceUnavailableError("down")), etag="other"
        )[0]
        == "ObjectChanged"
    )
    assert read_cause(LOW_RISK, etag="other")[0] == "ObjectChanged"


def test_a_deleted_object_is_reported_as_gone() -> None:
    gone = ObjectRef("s3", "selfies", "gone.jpg", "E")
    assert TagCauseFinder(MemoryStore(), "df-", "separate").find(gone)[0] == "ObjectGone"


@pytest.mark.parametrize(
    ("version", "action"), [("", "s3:GetObjectTagging"), ("v1", "s3:GetObjectVersionTagging")]
)
def test_a_denied_read_names_the_missing_permission(version: str, action: str) -> None:
    class DeniedStore(MemoryStore):
        def get_tags(self, ref: ObjectRef) -> dict[str, str]:
            raise errors.AccessDeniedError(f"S3 refused {ref.key}")

    ref = ObjectRef("s3", "selfies", "a.jpg", "E", version)
    error_name, message = TagCauseFinder(DeniedStore(), "df-", "separate").find(ref)
    assert error_name == UNKNOWN_CAUSE
    assert f"allow these credentials {action} on selfies" in message
