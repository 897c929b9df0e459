"""Whose account the command line acts for: its credentials, and where ID Verification listens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from facescreen.clients.credentials import Credentials, CredentialSource
from facescreen.clients.endpoints import PUBLIC_ENDPOINT, UPLOAD_ENDPOINT
from facescreen.errors import BadCredentials
from facescreen.settings.forms import Endpoint
from facescreen.settings.loader import Reader, Setting
from facescreen_cli.settings import usage_errors

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_NONE = (
    "no credentials: set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, "
    "or name a profile of `aliyun configure` with --profile"
)


@dataclass(frozen=True)
class Endpoints:
    """Base URLs. The public ones by default: a laptop is in no VPC."""

    cloudauth: str
    upload: str

    @property
    def is_local(self) -> bool:
        """Whether they are on this machine, where only a stand-in can listen."""
        return urlsplit(self.cloudauth).hostname in _LOOPBACK

    @classmethod
    def from_env(cls, environment: Mapping[str, str], endpoint: str = "") -> Endpoints:
        """`endpoint` goes before CLOUDAUTH_ENDPOINT. A stand-in takes uploads itself.

        Raises BadSettings.
        """
        given = {**environment, "CLOUDAUTH_ENDPOINT": endpoint} if endpoint else environment
        reader = Reader(given)
        cloudauth = reader.value(Setting("CLOUDAUTH_ENDPOINT", Endpoint(), PUBLIC_ENDPOINT))
        reader.check()
        both = cls(cloudauth, cloudauth)
        default = cloudauth if both.is_local else UPLOAD_ENDPOINT
        upload = reader.value(Setting("CLOUDAUTH_UPLOAD_ENDPOINT", Endpoint(), default))
        reader.check()
        return cls(cloudauth, upload)


def credentials_for(store: str, profile: str) -> CredentialSource | None:
    """For ``oss``, as `find_credentials`. None for ``s3``, where they are boto3's matter."""
    return find_credentials(profile) if store == "oss" else None


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
        from alibabacloud_credentials.exceptions import (
            CredentialException,
        )
        from Tea.exceptions import RetryError, TeaException

        try:
            now = self.provider.get_credentials()
        except (CredentialException, TeaException, RetryError, ValueError, OSError):
            raise BadCredentials(self.missing) from None
        return Credentials(
            now.get_access_key_id(), now.get_access_key_secret(), now.get_security_token() or ""
        )
