"""The function's settings, and its bucket, for a command that stands outside its VPC."""

from __future__ import annotations

from collections.abc import Mapping

import click

from facescreen.errors import BadSettings, InvalidRequestError
from facescreen.settings import Settings
from facescreen.storage.keys import object_ref

# What the function can't do without, and a command can that goes by the tags.
_UNUSED = {
    "SCENE_CODE": "0000000000",
    "MNS_ENDPOINT": "unused.invalid",
    "MNS_TOPIC": "unused",
    "MNS_QUEUE": "",
}
_STORES = ("oss", "s3")


def settings_outside(environment: Mapping[str, str]) -> Settings:
    """What bears on tags, filters and the rate, on either cloud. Raises BadSettings."""
    return _settings(environment, "unused")


def settings_with_tags(environment: Mapping[str, str]) -> Settings:
    """The same for a command that goes by the tags. Raises BadSettings, also where none are
    written."""
    settings = settings_outside(environment)
    if settings.tag_form == "none":
        raise BadSettings("TAG_FORM is none: there are no tags to go by")
    return settings


def settings_of_state(environment: Mapping[str, str]) -> Settings:
    """What bears on the state bucket. Raises BadSettings."""
    return _settings(environment, environment.get("STATE_BUCKET", ""))


def _settings(environment: Mapping[str, str], state_bucket: str) -> Settings:
    region = environment.get("OSS_REGION") or "ap-southeast-1"
    endpoint = environment.get("OSS_ENDPOINT") or f"https://oss-{region}.aliyuncs.com"
    given = {**environment, "OSS_ENDPOINT": endpoint, "STATE_BUCKET": state_bucket}
    return Settings.from_env({**given, **_UNUSED})


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
