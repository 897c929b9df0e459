"""Whose account a command acts for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from facescreen.clients.credentials import Credentials, CredentialSource
from facescreen.errors import BadCredentials
from facescreen_cli.environment import usage_errors

_NONE = (
    "no credentials: set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, "
    "or name a profile of `aliyun configure` with --profile"
)


@dataclass(frozen=True)
class UserCredentials:
    """A CredentialSource that looks for credentials when they are asked for first: on AWS a command
    that calls no ID Verification needs none."""

    profile: str

    def get(self) -> Credentials:
        """Raises click.UsageError where there are none."""
        return self._found.get()

    @cached_property
    def _found(self) -> CredentialSource:
        return find_credentials(self.profile)


@usage_errors()
def find_credentials(profile: str = "") -> CredentialSource:
    """By alibabacloud-credentials: of a profile in ``~/.aliyun/config.json`` or
    ``~/.alibabacloud/credentials.ini``; without a name by its default chain, which asks the
    instance metadata unless ALIBABA_CLOUD_ECS_METADATA_DISABLED is true.

    Raises click.UsageError where there are none.
    """
    # Imported late: it is slow, and reads the environment once.
    from alibabacloud_credentials import provider

    providers: list[Any] = [provider.DefaultCredentialsProvider()]
    if profile:
        providers = [
            provider.CLIProfileCredentialsProvider(profile_name=profile),
            provider.ProfileCredentialsProvider(profile_name=profile),
        ]
    missing = f"the profile {profile!r} gives no credentials" if profile else _NONE
    sources = [_Provided(one, missing) for one in providers]
    for source in sources[:-1]:
        if source.is_there():
            return source
    sources[-1].get()
    return sources[-1]


@dataclass(frozen=True)
class _Provided:
    """A provider of the vendor's as a CredentialSource."""

    provider: Any
    missing: str

    def is_there(self) -> bool:
        """Whether it has any."""
        try:
            self.get()
        except BadCredentials:
            return False
        return True

    def get(self) -> Credentials:
        """The vendor's own text stays behind: it may repeat what a credentials process said."""
        from alibabacloud_credentials.exceptions import CredentialException
        from Tea.exceptions import RetryError, TeaException

        try:
            now = self.provider.get_credentials()
        except (CredentialException, TeaException, RetryError, ValueError, OSError):
            raise BadCredentials(self.missing) from None
        return Credentials(
            now.get_access_key_id(), now.get_access_key_secret(), now.get_security_token() or ""
        )
