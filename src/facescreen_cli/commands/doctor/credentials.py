"""The credentials of whoever runs this."""

from __future__ import annotations

import click

from facescreen.clients.credentials import CredentialSource
from facescreen_cli.commands.doctor.result import CheckResult, fault, ok
from facescreen_cli.credentials import find_credentials

_REMEDY = "Set them, in the environment or by `aliyun configure`."


def check_credentials(profile: str) -> tuple[CredentialSource | None, CheckResult]:
    """Them, and where they are from."""
    try:
        source = find_credentials(profile)
        temporary = bool(source.get().security_token)
    except click.UsageError as missing:
        return None, fault("credentials", missing.message, _REMEDY)
    kind = "temporary ones" if temporary else "an AccessKey"
    origin = f"of the profile {profile!r}" if profile else "by the default chain"
    return source, ok("credentials", f"{kind}, {origin}")
