"""What doctor makes of what it is told."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from facescreen_cli.commands.doctor.buckets import guards
from facescreen_cli.commands.doctor.deployment import public
from facescreen_cli.commands.doctor.endpoints import Reached, clock, reach
from facescreen_cli.commands.doctor.functions import overlap
from facescreen_cli.commands.doctor.result import Level, ok
from facescreen_cli.commands.doctor.settings import concurrency
from facescreen_serverless_devs.model import Function, OssTrigger

PUT = "oss:ObjectCreated:PutObject"


def trigger(prefix: str = "", suffix: str = "", *events: str) -> OssTrigger:
    return OssTrigger("selfies", events or (PUT,), prefix, suffix)


@pytest.mark.parametrize(
    ("one", "other", "clash"),
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
def test_which_triggers_collide(one: OssTrigger, other: OssTrigger, clash: bool) -> None:
    assert overlap(one, other) is overlap(other, one) is clash


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
    ("given", "does"),
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
def test_which_policies_guard_the_tags(given: str, does: bool) -> None:
    assert guards(given, "deepfake-verdict") is does


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
def test_instances_against_the_quota(reserved: int | None, rate: float, level: Level) -> None:
    function = Function("f", "python3.10", "i.h", Path(), reserved_concurrency=reserved)
    assert concurrency(function, rate).level == level


@pytest.mark.parametrize(
    ("endpoint", "reached"),
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
def test_from_outside_the_public_endpoint_is_tried(endpoint: str, reached: str) -> None:
    assert public(endpoint).partition("://")[2] == reached


def test_a_name_that_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    found = reach("OSS", "https://oss.example", "")
    assert (found.reachable, found.line.level) == (False, Level.FAULT)
    assert found.line.says == "oss.example: its name can't be looked up"


def test_what_is_no_name_at_all() -> None:
    assert reach("OSS", f"https://{'a' * 64}.example", "").line.level == Level.FAULT


def test_behind_a_proxy_nothing_is_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    found = reach("OSS", "https://oss.example", "")
    assert (found.reachable, found.line.says) == (True, "oss.example: by a proxy, not timed")


def test_without_a_date_the_clock_is_not_judged() -> None:
    silent = Reached("OSS", ok("endpoint OSS", ""), reachable=True)
    assert clock([silent]).level == Level.WARNING
