"""Every error says who can fix it; an unexpected error is a 500 that discloses nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from facescreen import errors
from facescreen.http import problems
from facescreen.http.routes import create_app
from tests.unit.http.api_client import send_request, stub_api

SECRET_URL = "https://a.example/?x-oss-signature=s3cr3t"
MATTER_BY_ERROR_NAME = {"ContentFault": "content", "Passing": "service", "Throttled": "service"}


def error_classes(
    error_class: type[errors.FacescreenError],
) -> Iterator[type[errors.FacescreenError]]:
    yield error_class
    for subclass in error_class.__subclasses__():
        yield from error_classes(subclass)


@pytest.mark.parametrize(
    "error_class",
    list(error_classes(errors.FacescreenError)),
    ids=lambda error_class: error_class.__name__,
)
def test_every_error_says_who_can_fix_it(error_class: type[errors.FacescreenError]) -> None:
    problem = problems.build_error_problem(error_class("why"))
    problem_json = json.loads(problem.to_json())
    assert problem_json["matter"] in ("content", "caller", "operator", "service")
    assert problem_json["remedy"]
    if issubclass(error_class, errors.OperatorError) and problem.status == 500:
        assert problem_json["matter"] == "operator"
    assert problem_json["matter"] == MATTER_BY_ERROR_NAME.get(
        error_class.name, problem_json["matter"]
    )


def test_the_daily_limit_is_reported_with_the_time_to_retry_after() -> None:
    problem = problems.build_error_problem(
        errors.DailyLimitReachedError("spent", retry_after_s=3599.2)
    )
    problem_json = json.loads(problem.to_json())
    assert (problem.status, problem_json["code"], problem_json["matter"]) == (
        429,
        "DailyCallsSpent",
        "operator",
    )
    assert problem.headers["Retry-After"] == "3600"


def test_an_unexpected_error_discloses_nothing_and_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def raise_key_error(*_: object) -> None:
        raise KeyError(SECRET_URL)

    api = stub_api(review_list=SimpleNamespace(count_by_hour=raise_key_error))
    response = send_request(create_app(api), "GET", "/v1/counts", X_Request_Id="case-1")
    assert (response["statusCode"], json.loads(response["body"])["code"]) == (500, "InternalError")
    assert response["headers"]["Content-Type"] == problems.PROBLEM_MEDIA_TYPE
    assert response["headers"]["X-Request-Id"] == "case-1"
    [line] = [vars(record) for record in caplog.records if record.message == "unforeseen"]
    assert (line["error"], line["client_request_id"]) == ("KeyError", "case-1")
    assert any(frame.startswith("routes.py:") for frame in line["where"])
    assert "s3cr3t" not in response["body"] + str(line) + caplog.text
