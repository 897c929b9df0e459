"""The function's settings, and its bucket, for a command that stands outside its VPC."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import click

from facescreen.clients.credentials import Credentials, CredentialSource
from facescreen.errors import BadCredentials, BadSettings, InvalidRequestError
from facescreen.platforms import choose
from facescreen.platforms.ports import Platform
from facescreen.settings.loader import Reader, load
from facescreen.settings.table import Settings
from facescreen.storage.keys import object_ref

_FUNCTION_ALONE = (
    *("SCENE_CODE", "MNS_ENDPOINT", "MNS_TOPIC", "MNS_QUEUE"),
    *("SNS_TOPIC_ARN", "SQS_QUEUE_URL", "EVENT_BUS"),
    *("ALIBABA_SECRET_ARN", "ALIBABA_ROLE_ARN", "ALIBABA_OIDC_PROVIDER_ARN"),
)
"""What the function can't do without, and a command can that uses the tags."""
_STORES = ("oss", "s3")


@contextmanager
def usage_errors() -> Iterator[None]:
    """Makes a setting that is missing or wrong a usage error, as a wrong option is. It is for
    reading settings alone: what a service refuses is none."""
    try:
        yield
    except (BadSettings, BadCredentials) as wrong:
        raise click.UsageError(str(wrong)) from None


def settings_outside(environment: Mapping[str, str]) -> Settings:
    """What bears on tags, filters and the rate, on either cloud. Raises click.UsageError."""
    with usage_errors():
        return load(Settings, environment, unused=("STATE_BUCKET", *_FUNCTION_ALONE))


def platform_outside(
    store: str, environment: Mapping[str, str], credentials: CredentialSource | None
) -> Platform:
    """The cloud of a store, as it is reached from outside the functions' network. `credentials` are
    of Alibaba Cloud; boto3 finds AWS's own. Raises click.UsageError."""
    kind = choose.of_store(store)
    given = {name: value for name, value in environment.items() if value}
    reader = Reader({**kind.public_endpoints(environment), **given}, unused=_FUNCTION_ALONE)
    platform = kind.read(reader, credentials or Credentials("", ""))
    with usage_errors():
        reader.check()
    return platform


def settings_with_tags(environment: Mapping[str, str]) -> Settings:
    """The same for a command that goes by the tags. Raises click.UsageError, also where
    none are written."""
    settings = settings_outside(environment)
    if settings.tag_form == "none":
        raise click.UsageError("TAG_FORM is none: there are no tags to go by")
    return settings


def settings_of_state(environment: Mapping[str, str]) -> Settings:
    """What bears on the state bucket. Raises click.UsageError."""
    with usage_errors():
        return load(Settings, environment, unused=_FUNCTION_ALONE)


def parts(target: str, *, whole: bool) -> tuple[str, str, str]:
    """The store, the bucket's name and the prefix. Raises click.UsageError."""
    store, separator, rest = target.partition("://")
    if store not in _STORES or not separator:
        raise click.UsageError("name a bucket and a prefix, as oss://bucket/prefix")
    name, _, prefix = rest.partition("/")
    if whole == bool(prefix):
        raise click.UsageError(
            f"give a prefix, as {store}://bucket/prefix, or --all for the whole bucket, not both"
        )
    try:
        object_ref(store, name, prefix or "any")
    except InvalidRequestError as error:
        raise click.UsageError(str(error)) from None
    return store, name, prefix
