"""A Function Compute context, 3.10's and 3.12's, as Powertools and the handlers read it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from facescreen.errors import InvalidCredentialsError, InvalidEventError
from facescreen.events.http_trigger import to_function_url_event
from facescreen.platforms.invocation import InvocationCredentials, adapt


def context(**more: Any) -> Any:
    function = SimpleNamespace(name="f", handler="h", memory=512, timeout=60)
    return SimpleNamespace(
        request_id="REQ-1", function=function, region="ap-southeast-1", account_id="1", **more
    )


def test_what_powertools_reads() -> None:
    adapted = adapt(context())
    assert adapted.function_name == "f"
    assert adapted.memory_limit_in_mb == 512
    assert adapted.aws_request_id == "REQ-1"
    assert adapted.invoked_function_arn == "acs:fc:ap-southeast-1:1:functions/f"


def test_lambdas_own_context() -> None:
    given = SimpleNamespace(
        function_name="f",
        memory_limit_in_mb="512",
        invoked_function_arn="arn:aws:lambda:eu-west-1:1:function:f",
        aws_request_id="REQ-1",
        get_remaining_time_in_millis=lambda: 30_000,
    )
    adapted = adapt(given)
    assert (adapted.function_name, adapted.memory_limit_in_mb) == ("f", 512)
    assert adapted.invoked_function_arn == "arn:aws:lambda:eu-west-1:1:function:f"
    assert 28 < adapted.deadline.left() < 30


def test_lambdas_own_http_event_is_taken_as_it_is() -> None:
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
def test_what_is_no_http_event(event: dict[str, Any]) -> None:
    with pytest.raises(InvalidEventError):
        to_function_url_event(event)


def test_our_work_ends_before_the_platform_does() -> None:
    adapted = adapt(context())
    assert 59_000 < adapted.get_remaining_time_in_millis() <= 60_000
    assert 58 < adapted.deadline.left() < adapted.get_remaining_time_in_millis() / 1000


def test_credentials_of_python_3_10_come_with_each_context() -> None:
    held = InvocationCredentials()
    for number in ("1", "2"):
        given = SimpleNamespace(
            access_key_id=f"STS.{number}", access_key_secret="s", security_token="t"
        )
        held.renew(context(credentials=given))
        assert held.get().access_key_id == f"STS.{number}"


def test_credentials_of_python_3_12_stand_in_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "STS.env")
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "s")
    monkeypatch.setenv("ALIBABA_CLOUD_SECURITY_TOKEN", "t")
    held = InvocationCredentials()
    held.renew(context())
    assert held.get().security_token == "t"


@pytest.mark.parametrize("renewed", [True, False])
def test_without_credentials_it_says_what_to_do(
    renewed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ALIBABA_CLOUD_ACCESS_KEY_ID", raising=False)
    held = InvocationCredentials()
    if renewed:
        held.renew(context())
    with pytest.raises(InvalidCredentialsError, match="give the function a role"):
        held.get()
