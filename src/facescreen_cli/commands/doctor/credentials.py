"""Checks the credentials of the user who runs doctor."""

from __future__ import annotations

import click

from facescreen.clients.credentials import CredentialSource
from facescreen_cli.commands.doctor.result import CheckResult, fault, ok
from facescreen_cli.credentials import find_credentials

_CREDENTIALS_REMEDY = "Find it: RAM console, Users, AccessKey."


def check_credentials(profile: str) -> tuple[CredentialSource | None, CheckResult]:
    """Find the credentials. Returns them (None if there are none), and the result."""
    try:
        source = find_credentials(profile)
        temporary = bool(source.get().security_token)
    except click.UsageError as error:
        return None, fault("credentials", error.message, _CREDENTIALS_REMEDY)
    settings_class = "temporary credentials" if temporary else "an AccessKey"
    origin = f"from the profile {profile!r}" if profile else "from the default chain"
    return source, ok("credentials", f"{settings_class}, {origin}")
