"""Every error is somebody's matter; what nobody foresaw is a 500 that tells nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from facescreen import errors
from facescreen.http import problems
from facescreen.http.routes import create_app
from tests.unit.http.calls import call, stub_api

SECRET = "https://a.example/?x-oss-signature=s3cr3t"
MATTERS = {"ContentFault": "content", "Passing": "service", "Throttled": "service"}


def tree(kind: type[errors.FacescreenError]) -> Iterator[type[errors.FacescreenError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from tree(below)


@pytest.mark.parametrize("kind", list(tree(errors.FacescreenError)), ids=lambda kind: kind.__name__)
def test_every_error_is_somebodys_matter(kind: type[errors.FacescreenError]) -> None:
    problem = problems.from_error(kind("why"))
    told = json.loads(problem.body())
    assert told["matter"] in ("content", "caller", "operator", "service")
    assert told["remedy"]
    if issubclass(kind, errors.OperatorError) and problem.status == 500:
        assert told["matter"] == "operator"
    assert told["matter"] == MATTERS.get(kind.name, told["matter"])


def test_when_the_days_calls_are_spent_the_caller_hears_when_there_are_more() -> None:
    problem = problems.from_error(errors.DailyLimitReachedError("spent", retry_after_s=3599.2))
    told = json.loads(problem.body())
    assert (problem.status, told["code"], told["matter"]) == (429, "DailyCallsSpent", "operator")
    assert problem.headers["Retry-After"] == "3600"


def test_what_nobody_foresaw_tells_nothing_and_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def counts(*_: object) -> None:
        raise KeyError(SECRET)

    api = stub_api(review_list=SimpleNamespace(count_by_hour=counts))
    answer = call(create_app(api), "GET", "/v1/counts", X_Request_Id="case-1")
    assert (answer["statusCode"], json.loads(answer["body"])["code"]) == (500, "InternalError")
    assert answer["headers"]["Content-Type"] == problems.PROBLEM_JSON
    assert answer["headers"]["X-Request-Id"] == "case-1"
    [line] = [vars(record) for record in caplog.records if record.message == "unforeseen"]
    assert (line["error"], line["client_request_id"]) == ("KeyError", "case-1")
    assert any(frame.startswith("routes.py:") for frame in line["where"])
    assert "s3cr3t" not in answer["body"] + str(line) + caplog.text
