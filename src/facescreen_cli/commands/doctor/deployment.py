"""The deployment that doctor checks: its environment, and s.yaml with its settings."""

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
from facescreen.platforms.alibaba import (
    AlibabaPlatform,
    AlibabaSettings,
    FcInvokerSettings,
)
from facescreen.settings.loader import SettingsGroup, load_settings
from facescreen.settings.table import HttpSettings, Settings, SweepSettings
from facescreen_cli import template_settings
from facescreen_cli.deploy_target import FUNCTION_MODULES
from facescreen_cli.environment import with_defaults
from facescreen_serverless_devs import document
from facescreen_serverless_devs.functions import load_functions, load_stacks
from facescreen_serverless_devs.model import Function
from facescreen_serverless_devs.section import InvalidTemplateError
from facescreen_serverless_devs.variables import find_env_defaults

# The part of an internal endpoint's name that the public one doesn't have.
_VPC_ENDPOINT_SUFFIX = re.compile(r"-(?:internal|vpc)(?=\.)")
GroupT = TypeVar("GroupT", bound=SettingsGroup)


@dataclass(frozen=True)
class FoundationStack:
    """The stack in s.yaml that creates the roles, the queues and the state bucket."""

    parameters: Mapping[str, str]
    roles: frozenset[str]
    """The names of the roles that its template creates."""


@dataclass(frozen=True)
class CheckedDeployment:
    """The functions of s.yaml, with their settings read and checked."""

    environment: Mapping[str, str]
    object_created: Function
    http_api: Function
    sweep: Function
    settings: Settings
    alibaba_settings: AlibabaSettings
    http_settings: HttpSettings
    sweep_settings: SweepSettings
    foundation: FoundationStack | None
    inside: bool
    """Whether this machine is in the functions' VPC."""

    @property
    def bucket(self) -> str:
        """The watched bucket."""
        return self.environment["OSS_BUCKET"]

    @property
    def functions(self) -> tuple[Function, ...]:
        """All functions."""
        return self.object_created, self.http_api, self.sweep

    @property
    def ca_file(self) -> str:
        """A CA certificate to trust in addition to the public ones; empty for none."""
        return self.environment.get("CLOUDAUTH_CA_FILE", "")

    @property
    def endpoints(self) -> dict[str, str]:
        """Base URLs by service, as this machine reaches them."""
        alibaba_settings = self.alibaba_settings
        region = alibaba_settings.oss_region
        fc = self.environment.get("FC_ENDPOINT") or f"https://fcv3.{region}.aliyuncs.com"
        endpoints = {
            "OSS": alibaba_settings.oss_endpoint,
            "ID Verification": alibaba_settings.cloudauth_endpoint,
            "uploads": self.settings.upload_endpoint,
            "MNS": alibaba_settings.mns_endpoint,
            "Function Compute": fc,
        }
        if self.inside:
            return endpoints
        return {name: to_public_endpoint(endpoint) for name, endpoint in endpoints.items()}

    def create_platform(self, credentials: CredentialSource) -> AlibabaPlatform:
        """The cloud, with the endpoints that this machine reaches."""
        return AlibabaPlatform(
            replace(self.alibaba_settings, oss_endpoint=self.endpoints["OSS"]), credentials
        )


def read_deployment(
    template: Path, environment: Mapping[str, str], *, inside: bool
) -> CheckedDeployment:
    """Raises InvalidSettingsError, which names every one that is wrong, InvalidTemplateError,
    OSError."""
    defaults = find_env_defaults(document.read_template(template))
    required = {name for name, default in defaults.items() if default is None}
    known_names = {*defaults, *template_settings.CHECKED_SETTINGS}
    errors_by_name = template_settings.find_errors(
        {n: v for n, v in environment.items() if n in known_names}, required
    )
    complete = {
        # A blank counts as not set. The settings' reader reports it with the other errors.
        **with_defaults(defaults, environment, missing=" "),
        **{
            name: template_settings.get_valid_value(name)
            for name in errors_by_name
            if name in template_settings.CHECKED_SETTINGS
        },
    }
    object_created, http_api, sweep = _read_functions(template, complete)
    wrong_messages = [*errors_by_name.values(), *_check_buckets_differ(complete)]
    account = {"FC_ACCOUNT_ID": complete["ALIBABA_CLOUD_ACCOUNT_ID"]}
    function = {**object_created.environment, **account}
    settings = _read_settings(Settings, function, wrong_messages)
    alibaba_settings = _read_settings(AlibabaSettings, function, wrong_messages)
    local = {"FACESCREEN_LOCAL": complete.get("FACESCREEN_LOCAL", "")}
    http_settings = _read_settings(HttpSettings, {**http_api.environment, **local}, wrong_messages)
    sweep_settings = _read_settings(SweepSettings, sweep.environment, wrong_messages)
    _read_settings(FcInvokerSettings, {**sweep.environment, **account}, wrong_messages)
    if (
        wrong_messages
        or settings is None
        or alibaba_settings is None
        or http_settings is None
        or sweep_settings is None
    ):
        raise InvalidSettingsError(
            "the settings are wrong", problems=tuple(dict.fromkeys(wrong_messages))
        )
    foundation = _read_foundation(template, complete)
    functions = (object_created, http_api, sweep)
    return CheckedDeployment(
        complete,
        *functions,
        settings,
        alibaba_settings,
        http_settings,
        sweep_settings,
        foundation,
        inside,
    )


def _read_functions(template: Path, environment: Mapping[str, str]) -> list[Function]:
    by_module = {
        function.handler.partition(".")[0]: function
        # The source folder, because they may not be packaged yet.
        for function in load_functions(template, environment, source=template.parent)
    }
    missing = set(FUNCTION_MODULES) - set(by_module)
    if missing:
        raise InvalidTemplateError(f"{template.name}: no function has a handler in {min(missing)}")
    return [by_module[module] for module in FUNCTION_MODULES]


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
        return ["STATE_BUCKET must not be OSS_BUCKET: the ledger's objects would be screened"]
    return []


def _read_settings(
    settings_class: type[GroupT], environment: Mapping[str, str], wrong_messages: list[str]
) -> GroupT | None:
    try:
        return load_settings(settings_class, environment)
    except InvalidSettingsError as error:
        wrong_messages += error.problems
        return None


def to_public_endpoint(endpoint: str) -> str:
    """The public endpoint of an internal one."""
    host = urlsplit(endpoint).netloc
    return endpoint.replace(host, _VPC_ENDPOINT_SUFFIX.sub("", host), 1)
