"""The function that screens the objects of a store, behind the port."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from facescreen.bus.ports import Invoker
from facescreen.clients.credentials import CredentialSource
from facescreen.platforms.alibaba import DEFAULT_REGION, FUNCTION_NAME
from facescreen.settings.forms import Endpoint
from facescreen.settings.loader import Reader, Setting
from facescreen_cli.deployment import connect_platform
from facescreen_cli.environment import Environment, settings_as_usage_errors
from facescreen_cli.sdk.fc2 import Fc2Invoker
from facescreen_cli.sdk.fc3 import Fc3Invoker

_SERVICE_NAME = replace(FUNCTION_NAME, must_be="a service's name")
_SERVICE = Setting("FC_SERVICE", _SERVICE_NAME, "", where="s.yaml")
_FUNCTION = Setting("FC_FUNCTION", FUNCTION_NAME, "facescreen-object-created", where="s.yaml")


def connect_invoker(store: str, environment: Environment, credentials: CredentialSource) -> Invoker:
    """As the platform has it, but for Function Compute, which is invoked by the vendor's SDKs.

    Raises errors.FacescreenError, and click.UsageError with every setting that is wrong.
    """
    if by_sdk := _BY_SDK.get(store):
        return by_sdk(environment.variables, credentials)
    _, platform = connect_platform(store, environment.settings, credentials, invokes=True)
    return platform.invoker


def _function_compute(variables: Mapping[str, str], credentials: CredentialSource) -> Invoker:
    """FC_FUNCTION at FC_ENDPOINT, of Function Compute 3.0, or of 2.0 where FC_SERVICE is set; asked
    for its handler first."""
    reader = Reader(variables)
    service, function = reader.value(_SERVICE), reader.value(_FUNCTION)
    region = variables.get("OSS_REGION") or DEFAULT_REGION
    account = variables.get("ALIBABA_CLOUD_ACCOUNT_ID", "")
    if service and not (account or variables.get("FC_ENDPOINT")):
        reader.errors.append("FC_SERVICE needs ALIBABA_CLOUD_ACCOUNT_ID, or FC_ENDPOINT")
    of_account = f"{account}.{region}.fc.aliyuncs.com"
    default = of_account if service else f"fcv3.{region}.aliyuncs.com"
    endpoint = reader.value(Setting("FC_ENDPOINT", Endpoint(), default))
    with settings_as_usage_errors():
        reader.check()
    invoker = (
        Fc2Invoker(endpoint, service, function, credentials)
        if service
        else Fc3Invoker(endpoint, function, credentials)
    )
    invoker.check_handler()
    return invoker


_BY_SDK = {"oss": _function_compute}
