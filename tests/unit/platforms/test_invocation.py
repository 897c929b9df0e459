"""Function Compute contexts of Python 3.10 and 3.12, as Powertools and the handlers read them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from facescreen.errors import InvalidCredentialsError, InvalidEventError
from facescreen.events.http_trigger import to_function_url_event
from facescreen.platforms.invocation import InvocationCredentials, adapt_context


def context(**attributes: Any) -> Any:
    function = SimpleNamespace(name="f", handler="h", memory=512, timeout=60)
    return SimpleNamespace(
        request_id="REQ-1", function=function, region="ap-southeast-1", account_id="1", **attributes
    )


def test_powertools_can_read_function_computes_context() -> None:
    adapted = adapt_context(context())
    assert adapted.function_name == "f"
    assert adapted.memory_limit_in_mb == 512
    assert adapted.aws_request_id == "REQ-1"
    assert adapted.invoked_function_arn == "acs:fc:ap-southeast-1:1:functions/f"


def test_lambdas_own_context_is_adapted() -> None:
    lambda_context = SimpleNamespace(
        function_name="f",
        memory_limit_in_mb="512",
        invoked_function_arn="arn:aws:lambda:eu-west-1:1:function:f",
        aws_request_id="REQ-1",
        get_remaining_time_in_millis=lambda: 30_000,
    )
    adapted = adapt_context(lambda_context)
    assert (adapted.function_name, adapted.memory_limit_in_mb) == ("f", 512)
    assert adapted.invoked_function_arn == "arn:aws:lambda:eu-west-1:1:function:f"
    assert 28 < adapted.deadline.remaining_s() < 30


def test_lambdas_own_http_event_is_returned_unchanged() -> None:
    event = {"version": "2.0", "requestContext": {"http": {"method": "GET"}}}
    assert to_function_url_event(event) is event


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"version": "2.0"},
        {"version": "2.0", "requestContext": []},
        {"version": "1.0", "requestContext": {"http": {"method": "GET"}}},
    ],
)
def test_any_other_event_is_refused(event: dict[str, Any]) -> None:
    with pytest.raises(InvalidEventError):
        to_function_url_event(event)


def test_our_deadline_is_before_the_platforms_timeout() -> None:
    adapted = adapt_context(context())
    assert 59_000 < adapted.get_remaining_time_in_millis() <= 60_000
    assert 58 < adapted.deadline.remaining_s() < adapted.get_remaining_time_in_millis() / 1000


def test_on_python_3_10_credentials_come_from_each_context() -> None:
    credentials = InvocationCredentials()
    for number in ("1", "2"):
        lambda_context = SimpleNamespace(
            access_key_id=f"STS.{number}", access_key_secret="s", security_token="t"
        )
        credentials.refresh(context(credentials=lambda_context))
        assert credentials.get().access_key_id == f"STS.{number}"


def test_on_python_3_12_credentials_come_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "STS.env")
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "s")
    monkeypatch.setenv("ALIBABA_CLOUD_SECURITY_TOKEN", "t")
    credentials = InvocationCredentials()
    credentials.refresh(context())
    assert credentials.get().security_token == "t"


@pytest.mark.parametrize("renewed", [True, False])
def test_missing_credentials_are_reported_with_what_to_do(
    renewed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ALIBABA_CLOUD_ACCESS_KEY_ID", raising=False)
    credentials = InvocationCredentials()
    if renewed:
        credentials.refresh(context())
    with pytest.raises(InvalidCredentialsError, match="give the function a role"):
        credentials.get()
