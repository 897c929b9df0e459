"""The deployment that is looked at: its environment, and what s.yaml makes of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import yaml

from facescreen.clients.credentials import CredentialSource
from facescreen.errors import InvalidSettingsError
from facescreen.platforms.alibaba import AlibabaPlatform, AlibabaSettings, InvokerSettings
from facescreen.settings.loader import Group, load
from facescreen.settings.table import HttpSettings, Settings, SweepSettings
from facescreen_cli import template_settings
from facescreen_cli.deploy_target import FUNCTIONS
from facescreen_cli.environment import with_defaults
from facescreen_serverless_devs import document
from facescreen_serverless_devs.functions import load_functions, load_stacks
from facescreen_serverless_devs.model import Function
from facescreen_serverless_devs.section import InvalidTemplateError
from facescreen_serverless_devs.variables import names_of

# What a VPC's own endpoints have in their names and the public ones have not.
_VPC_SUFFIX = re.compile(r"-(?:internal|vpc)(?=\.)")
GroupT = TypeVar("GroupT", bound=Group)


@dataclass(frozen=True)
class FoundationStack:
    """The stack with roles, queues and state bucket, as s.yaml deploys it."""

    parameters: Mapping[str, str]
    roles: frozenset[str]
    """Names of those that its template makes."""


@dataclass(frozen=True)
class CheckedDeployment:
    """Functions of s.yaml, their settings read and checked."""

    environment: Mapping[str, str]
    object_created: Function
    http_api: Function
    sweep: Function
    settings: Settings
    alibaba: AlibabaSettings
    web: HttpSettings
    sweeping: SweepSettings
    foundation: FoundationStack | None
    inside: bool
    """Whether this machine is where the functions will be: in their VPC."""

    @property
    def bucket(self) -> str:
        """The watched one."""
        return self.environment["OSS_BUCKET"]

    @property
    def functions(self) -> tuple[Function, ...]:
        """All of them."""
        return self.object_created, self.http_api, self.sweep

    @property
    def ca_file(self) -> str:
        """An authority that is trusted beside the public ones; empty where none is named."""
        return self.environment.get("CLOUDAUTH_CA_FILE", "")

    @property
    def endpoints(self) -> dict[str, str]:
        """Base URLs by service, as this machine reaches them."""
        alibaba = self.alibaba
        region = alibaba.oss_region
        fc = self.environment.get("FC_ENDPOINT") or f"https://fcv3.{region}.aliyuncs.com"
        given = {
            "OSS": alibaba.oss_endpoint,
            "ID Verification": alibaba.cloudauth_endpoint,
            "uploads": self.settings.upload_endpoint,
            "MNS": alibaba.mns_endpoint,
            "Function Compute": fc,
        }
        if self.inside:
            return given
        return {name: public_endpoint(endpoint) for name, endpoint in given.items()}

    def platform(self, credentials: CredentialSource) -> AlibabaPlatform:
        """The cloud, as this machine reaches it."""
        return AlibabaPlatform(
            replace(self.alibaba, oss_endpoint=self.endpoints["OSS"]), credentials
        )


def read_deployment(
    template: Path, environment: Mapping[str, str], *, inside: bool
) -> CheckedDeployment:
    """Raises InvalidSettingsError, which names every one that is wrong, InvalidTemplateError,
    OSError."""
    declared = names_of(document.read(template))
    required = {name for name, default in declared.items() if default is None}
    known = {*declared, *template_settings.CHECKED_SETTINGS}
    wrong = template_settings.find_errors(
        {n: v for n, v in environment.items() if n in known}, required
    )
    complete = {
        # A blank reads as not set: who reads it says so, together with all else that is wrong.
        **with_defaults(declared, environment, missing=" "),
        **{
            name: template_settings.valid_value(name)
            for name in wrong
            if name in template_settings.CHECKED_SETTINGS
        },
    }
    object_created, http_api, sweep = _read_functions(template, complete)
    told = [*wrong.values(), *_check_buckets_differ(complete)]
    account = {"FC_ACCOUNT_ID": complete["ALIBABA_CLOUD_ACCOUNT_ID"]}
    function = {**object_created.environment, **account}
    settings = _read_settings(Settings, function, told)
    alibaba = _read_settings(AlibabaSettings, function, told)
    local = {"FACESCREEN_LOCAL": complete.get("FACESCREEN_LOCAL", "")}
    web = _read_settings(HttpSettings, {**http_api.environment, **local}, told)
    sweeping = _read_settings(SweepSettings, sweep.environment, told)
    _read_settings(InvokerSettings, {**sweep.environment, **account}, told)
    if told or settings is None or alibaba is None or web is None or sweeping is None:
        raise InvalidSettingsError("the settings are wrong", wrong=tuple(dict.fromkeys(told)))
    foundation = _read_foundation(template, complete)
    functions = (object_created, http_api, sweep)
    return CheckedDeployment(
        complete, *functions, settings, alibaba, web, sweeping, foundation, inside
    )


def _read_functions(template: Path, environment: Mapping[str, str]) -> list[Function]:
    by_module = {
        function.handler.partition(".")[0]: function
        # Whether they are packaged yet is not the question here.
        for function in load_functions(template, environment, source=template.parent)
    }
    missing = set(FUNCTIONS) - set(by_module)
    if missing:
        raise InvalidTemplateError(f"{template.name}: no function has a handler in {min(missing)}")
    return [by_module[module] for module in FUNCTIONS]


def _read_foundation(template: Path, environment: Mapping[str, str]) -> FoundationStack | None:
    for name, parameters in load_stacks(template, environment).items():
        resources = yaml.safe_load((template.parent / name).read_text())["Resources"].values()
        roles = {
            resource["Properties"]["RoleName"]
            for resource in resources
            if resource["Type"] == "ALIYUN::RAM::Role"
        }
        if roles:
            return FoundationStack(parameters, frozenset(roles))
    return None


def _check_buckets_differ(environment: Mapping[str, str]) -> list[str]:
    if environment["OSS_BUCKET"] == environment["STATE_BUCKET"]:
        return ["STATE_BUCKET must not be OSS_BUCKET: each entry would be screened"]
    return []


def _read_settings(
    kind: type[GroupT], environment: Mapping[str, str], wrong: list[str]
) -> GroupT | None:
    try:
        return load(kind, environment)
    except InvalidSettingsError as bad:
        wrong += bad.wrong
        return None


def public_endpoint(endpoint: str) -> str:
    """Where a VPC's own endpoint answers to the rest of the world."""
    host = urlsplit(endpoint).netloc
    return endpoint.replace(host, _VPC_SUFFIX.sub("", host), 1)
