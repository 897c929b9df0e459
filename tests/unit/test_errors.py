"""No message holds a URL's query, a key, a token or a byte of a face."""

from __future__ import annotations

import pytest

from facescreen import errors, telemetry


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("see https://b.example/a%20b.jpg?x-oss-signature=s3cr3t&x=1 please",
         "see https://b.example/a%20b.jpg?… please"),
        ("url=\"HTTP://b.example/?Signature=s3cr3t\"", "url=\"HTTP://b.example/?…\""),
        ("token CAIS" + "a" * 80, "token …"),
        ("data:image/jpeg;base64," + "/9j/4AAQ" * 20, "data:image/jpeg;base64,…"),
        ("plain", "plain"),
    ],
)  # fmt: skip
def test_messages_are_redacted(text: str, redacted: str) -> None:
    assert errors.redact(text) == redacted
    assert str(errors.ServiceUnavailableError(text)) == redacted


def test_the_message_holds_the_code_and_the_request_id() -> None:
    error = errors.AccessDeniedError("no", code="Forbidden.X", request_id="REQ-1")
    assert str(error) == "no; code Forbidden.X; RequestId REQ-1"


def test_the_modules_docstring_shows_every_error_class() -> None:
    def check_subclasses(error_class: type[errors.FacescreenError]) -> None:
        assert f"─ {error_class.__qualname__}" in (errors.__doc__ or "")
        for child in error_class.__subclasses__():
            check_subclasses(child)

    for child in errors.FacescreenError.__subclasses__():
        check_subclasses(child)


# On the wire: metrics failed_… and refused_…, the log field `error`, alarms, dead letters, tags.
NAMES_ON_THE_WIRE = {
    errors.FacescreenError: "FacescreenError",
    errors.ContentError: "ContentFault",
    errors.OperatorError: "OperatorFault",
    errors.InvalidSettingsError: "BadSettings",
    errors.InvalidCredentialsError: "BadCredentials",
    errors.InvalidEventError: "BadEvent",
    errors.RequestRejectedError: "BadRequest",
    errors.AccessDeniedError: "AccessRefused",
    errors.EmulatorRefusedError: "StandInRefused",
    errors.InvalidLedgerEntryError: "BadLedgerEntry",
    errors.TransientError: "Passing",
    errors.ThrottledError: "Throttled",
    errors.DailyLimitReachedError: "Deferred",
    errors.ServiceUnavailableError: "Unavailable",
    errors.ResponseTimeoutError: "NoAnswer",
    errors.SourceDownloadTimeoutError: "SourceTimedOut",
    errors.CredentialsExpiredError: "CredentialsExpired",
    errors.RevisionNotSettledError: "RevisionNotSettled",
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


def test_renamed_error_classes_keep_their_names_on_the_wire() -> None:
    error_classes = [
        error_class
        for error_class in vars(errors).values()
        if isinstance(error_class, type) and issubclass(error_class, errors.FacescreenError)
    ]
    assert {error_class: error_class.name for error_class in error_classes} == NAMES_ON_THE_WIRE
    assert all("name" in vars(error_class) for error_class in error_classes)


def test_the_platform_reports_an_error_by_its_name_on_the_wire() -> None:
    for error_class, name in NAMES_ON_THE_WIRE.items():
        assert type(error_class("")).__name__ == name


def test_an_unhandled_error_is_logged_with_its_name_on_the_wire(
    caplog: pytest.LogCaptureFixture,
) -> None:
    telemetry.record_unexpected_error(errors.ServiceUnavailableError("down"), "")
    [line] = [vars(record) for record in caplog.records if record.message == "unforeseen"]
    assert line["error"] == "Unavailable"
