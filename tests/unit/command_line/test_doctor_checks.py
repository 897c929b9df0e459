"""How doctor evaluates triggers, policies, concurrency, endpoints and clocks."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from facescreen_cli.commands.doctor.buckets import is_tag_guarded
from facescreen_cli.commands.doctor.command import format_counts
from facescreen_cli.commands.doctor.deployment import to_public_endpoint
from facescreen_cli.commands.doctor.endpoints import EndpointResult, check_clock, check_endpoint
from facescreen_cli.commands.doctor.functions import triggers_overlap
from facescreen_cli.commands.doctor.result import Level, ok
from facescreen_cli.commands.doctor.settings import check_concurrency
from facescreen_serverless_devs.model import Function, OssTrigger

PUT_EVENT = "oss:ObjectCreated:PutObject"


def trigger(prefix: str = "", suffix: str = "", *events: str) -> OssTrigger:
    return OssTrigger("selfies", events or (PUT_EVENT,), prefix, suffix)


@pytest.mark.parametrize(
    ("first", "second", "collide"),
    [
        (trigger(), trigger(), True),
        (trigger("a/"), trigger("a/b/"), True),
        (trigger("a/"), trigger("b/"), False),
        (trigger("", ".jpg"), trigger("a/", ".jpg"), True),
        (trigger("", ".jpg"), trigger("", ".mp4"), False),
        (trigger("a/", ".jpg"), trigger("", "b.jpg"), True),
        (trigger("", "", "oss:ObjectCreated:*"), trigger(), True),
        (trigger("", "", "oss:ObjectRemoved:*"), trigger(), False),
        (trigger("", "", "oss:ObjectCreated:PutObjectX"), trigger(), False),
    ],
)
def test_triggers_that_match_the_same_upload_collide(
    first: OssTrigger, second: OssTrigger, collide: bool
) -> None:
    assert triggers_overlap(first, second) is triggers_overlap(second, first) is collide


def policy(**changes: object) -> str:
    statement = {
        "Effect": "Deny",
        "Action": ["oss:PutObjectTagging"],
        "Principal": ["*"],
        "Resource": ["acs:oss:*:1:selfies/*"],
        "Condition": {"StringLike": {"oss:RequestObjectTag/deepfake-verdict": ["*"]}},
    }
    return json.dumps({"Version": "1", "Statement": [{"Effect": "Allow"}, statement | changes]})


@pytest.mark.parametrize(
    ("policy_json", "is_guarding"),
    [
        (policy(), True),
        (policy(Action=["oss:*"]), True),
        (policy(Effect="Allow"), False),
        (policy(Action=["oss:GetObject"]), False),
        (policy(Condition={"StringLike": {"oss:RequestObjectTag/other": ["*"]}}), False),
        (policy(Condition=[]), False),
        ("", False),
        ("[]", False),
        ('{"Statement": 1}', False),
    ],
)
def test_a_policy_guards_the_tags_if_it_denies_others_to_write_them(
    policy_json: str, is_guarding: bool
) -> None:
    assert is_tag_guarded(policy_json, "deepfake-verdict") is is_guarding


@pytest.mark.parametrize(
    ("reserved", "rate", "level"),
    [
        (20, 10, Level.OK),
        (10, 10, Level.OK),
        (9, 10, Level.WARNING),
        (80, 10, Level.OK),
        (81, 10, Level.WARNING),
        (None, 10, Level.WARNING),
        (1, 0.1, Level.OK),
    ],
)
def test_the_reserved_concurrency_is_compared_with_the_quota(
    reserved: int | None, rate: float, level: Level
) -> None:
    function = Function("f", "python3.10", "i.h", Path(), reserved_concurrency=reserved)
    assert check_concurrency(function, rate).level == level


@pytest.mark.parametrize(
    ("endpoint", "public_host"),
    [
        ("https://oss-ap-southeast-1-internal.aliyuncs.com", "oss-ap-southeast-1.aliyuncs.com"),
        (
            "https://cloudauth-intl-vpc.ap-southeast-1.aliyuncs.com",
            "cloudauth-intl.ap-southeast-1.aliyuncs.com",
        ),
        (
            "https://1.mns.ap-southeast-1-internal.aliyuncs.com",
            "1.mns.ap-southeast-1.aliyuncs.com",
        ),
        ("http://127.0.0.1:1234", "127.0.0.1:1234"),
    ],
)
def test_an_internal_endpoint_is_replaced_by_the_public_one(
    endpoint: str, public_host: str
) -> None:
    assert to_public_endpoint(endpoint).partition("://")[2] == public_host


def test_a_host_name_that_cannot_be_resolved_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail_to_resolve(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail_to_resolve)
    result = check_endpoint("OSS", "https://oss.example", "")
    assert (result.reachable, result.result.level) == (False, Level.FAULT)
    assert result.result.message == "oss.example: its name can't be looked up"


def test_an_invalid_host_name_is_a_fault() -> None:
    assert check_endpoint("OSS", f"https://{'a' * 64}.example", "").result.level == Level.FAULT


def test_latency_is_not_measured_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    result = check_endpoint("OSS", "https://oss.example", "")
    assert (result.reachable, result.result.message) == (True, "oss.example: by a proxy, not timed")


def test_a_response_without_a_date_leaves_the_clock_unchecked() -> None:
    without_date = EndpointResult("OSS", ok("endpoint OSS", ""), reachable=True)
    assert check_clock([without_date]).level == Level.WARNING


def test_the_counts_of_levels_are_pluralized() -> None:
    counts = {"ok": 12, "warning": 1, "fault": 7}
    assert format_counts(counts) == "12 ok, 1 warning, 7 faults."
    assert format_counts({"ok": 1, "warning": 2, "fault": 0}) == "1 ok, 2 warnings."
