"""Connects a command to a deployment, from outside the functions' network."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from facescreen.clients.credentials import CredentialSource
from facescreen.platforms import choose
from facescreen.platforms.ports import Platform
from facescreen.settings.loader import SettingsReader
from facescreen.settings.setting_types import EndpointType
from facescreen.settings.table import Settings
from facescreen_cli.environment import translate_settings_errors

SCREENING_SETTINGS = (
    *("SCENE_CODE", "STATE_BUCKET", "QUARANTINE", "QUARANTINE_STAND_IN"),
    *("MNS_ENDPOINT", "MNS_TOPIC", "MNS_QUEUE", "SNS_TOPIC_ARN", "SQS_QUEUE_URL", "EVENT_BUS"),
)
"""Settings that only screening needs. Most commands ignore them."""
# Commands use the user's credentials, and invoke the function in other ways.
_FUNCTION_ONLY_SETTINGS = (
    *("ALIBABA_SECRET_ARN", "ALIBABA_ROLE_ARN", "ALIBABA_OIDC_PROVIDER_ARN"),
    *("SWEEP_FUNCTION", "SWEEP_ENDPOINT"),
)
_LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1")


def connect_platform(
    store: str,
    environment: Mapping[str, str],
    credentials: CredentialSource,
    *,
    needs: Collection[str] = (),
    can_invoke: bool = False,
) -> tuple[Settings, Platform]:
    """Read the settings, and connect to the cloud of ``store://…``.

    `needs` are the settings of SCREENING_SETTINGS that the command requires; with `can_invoke` the
    platform can invoke functions. Raises click.UsageError, which names every setting that is wrong.
    """
    platform_class = choose.get_platform_of_store(store)
    unused = {*SCREENING_SETTINGS, *_FUNCTION_ONLY_SETTINGS} - set(needs)
    reader = SettingsReader(
        _with_public_endpoints(platform_class, environment), unused_names=unused
    )
    settings = reader.read_group(Settings)
    platform = platform_class.from_settings(reader, credentials, can_invoke=can_invoke)
    with translate_settings_errors():
        reader.raise_errors()
    return settings, platform


def _with_public_endpoints(
    platform_class: type[Platform], environment: Mapping[str, str]
) -> dict[str, str]:
    """Add public endpoints where none are set. An endpoint on this machine is an emulator, which
    receives uploads itself."""
    non_blank = {name: value for name, value in environment.items() if value.strip()}
    effective = {**platform_class.build_public_endpoint_settings(non_blank), **non_blank}
    cloudauth = effective.get("CLOUDAUTH_ENDPOINT", "")
    if not is_loopback(cloudauth):
        return effective
    local = {"FACESCREEN_LOCAL": "true", "CLOUDAUTH_UPLOAD_ENDPOINT": cloudauth}
    return {**local, "OSS_PUBLIC_ENDPOINT": effective.get("OSS_ENDPOINT", ""), **effective}


def is_loopback(endpoint: str) -> bool:
    """Whether an endpoint is on loopback, where only an emulator can listen."""
    try:
        return urlsplit(EndpointType().parse(endpoint.strip())).hostname in _LOOPBACK_HOSTS
    except ValueError:  # The settings' reader reports it.
        return False
