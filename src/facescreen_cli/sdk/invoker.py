"""Connects to the function that screens a store's objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from facescreen.bus.ports import Invoker
from facescreen.clients.credentials import CredentialSource
from facescreen.platforms.alibaba import DEFAULT_REGION, FUNCTION_NAME_TYPE
from facescreen.settings.loader import Setting, SettingsReader
from facescreen.settings.setting_types import EndpointType
from facescreen_cli.deployment import connect_platform
from facescreen_cli.environment import Environment, translate_settings_errors
from facescreen_cli.sdk.fc2 import Fc2Invoker
from facescreen_cli.sdk.fc3 import Fc3Invoker

_SERVICE_NAME_TYPE = replace(FUNCTION_NAME_TYPE, valid_values="a service's name")
_SERVICE_SETTING = Setting("FC_SERVICE", _SERVICE_NAME_TYPE, "", where="s.yaml")
_FUNCTION_SETTING = Setting(
    "FC_FUNCTION", FUNCTION_NAME_TYPE, "facescreen-object-created", where="s.yaml"
)


def connect_invoker(store: str, environment: Environment, credentials: CredentialSource) -> Invoker:
    """The platform's invoker, except for Function Compute, which the vendor's SDKs invoke.

    Raises errors.FacescreenError, and click.UsageError with every setting that is wrong.
    """
    if connect_with_sdk := _CONNECT_WITH_SDK.get(store):
        return connect_with_sdk(environment.variables, credentials)
    _, platform = connect_platform(store, environment.settings, credentials, can_invoke=True)
    return platform.invoker


def _connect_function_compute(
    variables: Mapping[str, str], credentials: CredentialSource
) -> Invoker:
    """Connect to FC_FUNCTION at FC_ENDPOINT, and check its handler. With FC_SERVICE the function is
    of Function Compute 2.0, or else of 3.0."""
    reader = SettingsReader(variables)
    service, function = (
        reader.read_setting(_SERVICE_SETTING),
        reader.read_setting(_FUNCTION_SETTING),
    )
    region = variables.get("OSS_REGION") or DEFAULT_REGION
    account = variables.get("ALIBABA_CLOUD_ACCOUNT_ID", "")
    if service and not (account or variables.get("FC_ENDPOINT")):
        reader.errors.append("FC_SERVICE needs ALIBABA_CLOUD_ACCOUNT_ID, or FC_ENDPOINT")
    account_host = f"{account}.{region}.fc.aliyuncs.com"
    default = account_host if service else f"fcv3.{region}.aliyuncs.com"
    endpoint = reader.read_setting(Setting("FC_ENDPOINT", EndpointType(), default))
    with translate_settings_errors():
        reader.raise_errors()
    invoker = (
        Fc2Invoker(endpoint, service, function, credentials)
        if service
        else Fc3Invoker(endpoint, function, credentials)
    )
    invoker.check_handler()
    return invoker


_CONNECT_WITH_SDK = {"oss": _connect_function_compute}
