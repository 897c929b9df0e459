"""No text of ours holds a URL's query, a key, a token, or a byte of a face."""

from __future__ import annotations

import pytest

from facescreen import errors, telemetry


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("see https://b.example/a%20b.jpg?x-oss-signature=s3cr3t&x=1 please",
         "see https://b.example/a%20b.jpg?… please"),
        ("url=\"HTTP://b.example/?Signature=s3cr3t\"", "url=\"HTTP://b.example/?…\""),
        ("token CAIS" + "a" * 80, "token …"),
        ("data:image/jpeg;base64," + "/9j/4AAQ" * 20, "data:image/jpeg;base64,…"),
        ("plain", "plain"),
    ],
)  # fmt: skip
def test_what_comes_from_elsewhere_is_made_fit_to_show(text: str, shown: str) -> None:
    assert errors.redact(text) == shown
    assert str(errors.ServiceUnavailableError(text)) == shown


def test_the_code_and_the_request_id_stand_in_the_text() -> None:
    error = errors.AccessDeniedError("no", code="Forbidden.X", request_id="REQ-1")
    assert str(error) == "no; code Forbidden.X; RequestId REQ-1"


def test_every_error_stands_in_the_tree_that_the_module_draws() -> None:
    def drawn(kind: type[errors.FacescreenError]) -> None:
        assert f"─ {kind.__name__}" in (errors.__doc__ or "")
        for child in kind.__subclasses__():
            drawn(child)

    for child in errors.FacescreenError.__subclasses__():
        drawn(child)


# On the wire: metrics failed_… and refused_…, the log field `error`, alarms, dead letters, tags.
NAMES = {
    errors.FacescreenError: "FacescreenError",
    errors.ContentError: "ContentFault",
    errors.OperatorError: "OperatorFault",
    errors.InvalidSettingsError: "BadSettings",
    errors.InvalidCredentialsError: "BadCredentials",
    errors.InvalidEventError: "BadEvent",
    errors.RequestRejectedError: "BadRequest",
    errors.AccessDeniedError: "AccessRefused",
    errors.EmulatorRefusedError: "StandInRefused",
    errors.TransientError: "Passing",
    errors.ThrottledError: "Throttled",
    errors.DailyLimitReachedError: "Deferred",
    errors.ServiceUnavailableError: "Unavailable",
    errors.ResponseTimeoutError: "NoAnswer",
    errors.SourceDownloadTimeoutError: "SourceTimedOut",
    errors.CredentialsExpiredError: "CredentialsExpired",
    errors.AlreadyInProgressError: "StillClaimed",
    errors.CallerError: "CallerError",
    errors.InvalidRequestError: "InvalidRequest",
    errors.UrlRefusedError: "UrlRefused",
    errors.NotScreenedError: "NotScreened",
    errors.IdempotencyKeyReusedError: "KeyReused",
    errors.ObjectNotFoundError: "ObjectGone",
    errors.ObjectChangedError: "ObjectChanged",
    errors.TagsRefusedError: "TagsRefused",
    errors.QuarantineRefusedError: "QuarantineRefused",
}


def test_the_names_on_the_wire_outlive_those_of_the_classes() -> None:
    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.FacescreenError)
    ]
    assert {kind: kind.name for kind in kinds} == NAMES
    assert all("name" in vars(kind) for kind in kinds)


def test_an_error_that_nobody_handled_is_logged_by_its_name_on_the_wire(
    caplog: pytest.LogCaptureFixture,
) -> None:
    telemetry.unforeseen(errors.ServiceUnavailableError("down"), "")
    [line] = [vars(record) for record in caplog.records if record.message == "unforeseen"]
    assert line["error"] == "Unavailable"
