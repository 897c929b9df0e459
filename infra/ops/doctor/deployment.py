"""The deployment that is looked at: its environment, and what s.yaml makes of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from facescreen.environment import EnvironmentReader
from facescreen.errors import BadSettings
from facescreen.settings import Settings
from facescreen.web.settings import WebSettings
from infra.local.fc import s_yaml
from infra.local.fc.section import BadTemplate
from infra.local.fc.variables import names_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from infra.local.fc.function import Function

# What a VPC's own endpoints have in their names and the public ones have not.
_INSIDE = re.compile(r"-(?:internal|vpc)(?=\.)")
_NAMES = {
    "ALIBABA_CLOUD_ACCOUNT_ID": (r"\d{10,20}", "the account's id: its digits"),
    "OSS_BUCKET": (r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", "the watched bucket's name"),
}
"""With what they must be."""

T = TypeVar("T")


@dataclass(frozen=True)
class Deployment:
    """Functions of s.yaml, their settings read and checked."""

    environment: Mapping[str, str]
    object_created: Function
    http_api: Function
    settings: Settings
    web: WebSettings
    inside: bool
    """Whether this machine is where the functions will be: in their VPC."""

    @property
    def bucket(self) -> str:
        """The watched one."""
        return self.environment["OSS_BUCKET"]

    @property
    def functions(self) -> tuple[Function, Function]:
        """Both."""
        return self.object_created, self.http_api

    @property
    def ca_file(self) -> str:
        """An authority that is trusted beside the public ones; empty where none is named."""
        return self.environment.get("CLOUDAUTH_CA_FILE", "")

    @property
    def endpoints(self) -> dict[str, str]:
        """Base URLs by service, as this machine reaches them."""
        settings = self.settings
        region = settings.alibaba.oss_region
        fc = self.environment.get("FC_ENDPOINT") or f"https://fcv3.{region}.aliyuncs.com"
        given = {
            "OSS": settings.alibaba.oss_endpoint,
            "ID Verification": settings.cloudauth_endpoint,
            "uploads": settings.upload_endpoint,
            "MNS": settings.alibaba.mns_endpoint,
            "Function Compute": fc,
        }
        if self.inside:
            return given
        return {name: public(endpoint) for name, endpoint in given.items()}


def read(template: Path, environment: Mapping[str, str], *, inside: bool) -> Deployment:
    """Raises BadSettings, which names every one that is wrong, BadTemplate, OSError."""
    defaults = names_of(template.read_text(encoding="utf-8"))
    # A name that is missing is told by its reader, together with all else that is wrong.
    complete = {name: default or "" for name, default in defaults.items()}
    complete.update({name: value for name, value in environment.items() if value})
    object_created, http_api = _functions(template, complete)
    wrong = _wrong_names(complete, defaults)
    settings = _read(lambda: Settings.from_env(object_created.environment), wrong)
    local = EnvironmentReader(complete).switch("FACESCREEN_LOCAL", default=False)
    web = _read(lambda: WebSettings.from_env(http_api.environment, local=local), wrong)
    if wrong or settings is None or web is None:
        raise BadSettings("the settings are wrong", wrong=tuple(dict.fromkeys(wrong)))
    return Deployment(complete, object_created, http_api, settings, web, inside)


def _functions(template: Path, environment: Mapping[str, str]) -> tuple[Function, Function]:
    by_module = {
        function.handler.partition(".")[0]: function
        for function in s_yaml.load(template, environment)
    }
    missing = {"object_created", "http_api"} - set(by_module)
    if missing:
        raise BadTemplate(f"{template.name}: no function has a handler in {min(missing)}")
    return by_module["object_created"], by_module["http_api"]


def _wrong_names(environment: Mapping[str, str], defaults: Mapping[str, str | None]) -> list[str]:
    """What is wrong with the names that s.yaml makes ARNs of; its defaults stand for nothing."""
    wrong = []
    for name, (pattern, says) in _NAMES.items():
        value = environment[name]
        if value == defaults.get(name):
            wrong.append(f"{name} must be {says}; it is not set")
        elif not re.fullmatch(pattern, value):
            wrong.append(f"{name} must be {says}")
    if environment["OSS_BUCKET"] == environment["STATE_BUCKET"]:
        wrong.append("STATE_BUCKET must not be OSS_BUCKET: each entry would be screened")
    return wrong


def _read(read: Callable[[], T], wrong: list[str]) -> T | None:
    try:
        return read()
    except BadSettings as bad:
        wrong += bad.wrong
        return None


def public(endpoint: str) -> str:
    """Where a VPC's own endpoint answers to the rest of the world."""
    host = urlsplit(endpoint).netloc
    return endpoint.replace(host, _INSIDE.sub("", host), 1)
