"""Prints a policy for the watched bucket: only low-risk objects can be read, and only the functions
write verdicts.

ROS has no resource for the policy of an existing bucket. So this prints it from the variables that
s.yaml reads, and the bucket's owner applies it (OSS console, the bucket, Permission Control, Bucket
Policy, Add by Syntax):

    python -m facescreen_cli.commands.doctor.bucket_policy BUCKET --env .env

A statement in OSS names its principals: it can't say "all except these", and has no condition on a
role's name. So each statement appears twice. Neither restricts the functions, whose AccessKeys are
temporary:

- for everybody whose AccessKey is not temporary: the account and all its RAM users;
- for the roles in HELD_ROLES. Other roles that may read or tag in the bucket are not restricted.

A copy may bring tags from a bucket where anyone may write them, and OSS has no condition on a
copy's source. Such a copy keeps that verdict until it is screened itself, a moment later.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import click

from facescreen.settings.loader import Setting, SettingsReader
from facescreen.settings.setting_types import StringListType, StringType
from facescreen.tags import build_verdict_tag_keys
from facescreen_cli.environment import Environment, translate_settings_errors
from facescreen_cli.exit_codes import run_command
from facescreen_cli.options import environment_option

PolicyStatement = dict[str, Any]
PolicyCondition = dict[str, dict[str, Any]]

_READ_ACTIONS = ["oss:GetObject", "oss:GetObjectVersion"]
# With the header x-oss-tagging an upload also writes tags, and OSS checks it as both.
_TAGGING_ACTIONS = ["oss:PutObject", "oss:PutObjectTagging", "oss:PutObjectVersionTagging"]
_UNTAGGING_ACTIONS = ["oss:DeleteObjectTagging", "oss:DeleteObjectVersionTagging"]
_TEMPORARY_KEY_PATTERN = "STS.*"
# Not a pattern, which would restrict the functions too.
_ROLE_NAME_PATTERN = re.compile(r"(?!facescreen-)[A-Za-z0-9.-]{1,64}")


_ACCOUNT_ID_SETTING = Setting(
    "ALIBABA_CLOUD_ACCOUNT_ID", StringType(r"\d{16}", "16 digits"), where="RAM console"
)


@dataclass(frozen=True)
class PolicyInputs:
    """The bucket to protect, and whom to restrict."""

    account: str
    bucket: str
    prefix: str
    """The prefix that is screened. Objects elsewhere have no verdict, and may be read."""
    tag_prefix: str
    held_roles: tuple[str, ...]
    """Names of the restricted roles."""
    reviewers: tuple[str, ...]
    """AccessKey IDs of RAM users who may read flagged objects. They may not write verdicts."""

    @classmethod
    def from_env(cls, bucket: str, environment: Mapping[str, str]) -> PolicyInputs:
        """Raises errors.InvalidSettingsError, which names every variable that is wrong."""
        reader = SettingsReader(environment)
        inputs = cls(
            account=reader.read_setting(_ACCOUNT_ID_SETTING),
            bucket=bucket,
            prefix=environment.get("OSS_PREFIX", ""),
            tag_prefix=environment.get("TAG_PREFIX") or "deepfake-",
            held_roles=reader.read_setting(Setting("HELD_ROLES", StringListType(), "")),
            reviewers=reader.read_setting(Setting("REVIEWERS", StringListType(), "")),
        )
        reader.errors.extend(
            f"HELD_ROLES must be names of roles other than facescreen's own; {name!r} is not"
            for name in inputs.held_roles
            if not _ROLE_NAME_PATTERN.fullmatch(name)
        )
        reader.raise_errors()
        return inputs

    def build_policy(self) -> dict[str, Any]:
        """The policy document of the bucket, for OSS."""
        resource = f"acs:oss:*:{self.account}:{self.bucket}"
        reads = [
            self._build_deny_statement(
                principal,
                _READ_ACTIONS,
                f"{resource}/{self.prefix}*",
                self._require_low_risk(conditions),
            )
            for principal, conditions in self._list_restricted_principals(self.reviewers)
        ]
        taggings = [
            self._build_deny_statement(principal, actions, f"{resource}/*", conditions | condition)
            for principal, conditions in self._list_restricted_principals()
            for actions, condition in self._list_tagging_conditions()
        ]
        without_tls = {"Bool": {"acs:SecureTransport": "false"}}
        tls_only = self._build_deny_statement(
            ["*"], ["oss:*"], [resource, f"{resource}/*"], without_tls
        )
        return {"Version": "1", "Statement": [*reads, *taggings, tls_only]}

    def _require_low_risk(self, conditions: PolicyCondition) -> PolicyCondition:
        """An object without a verdict is not low risk either. UNCONFIRMED whether StringNotEquals
        matches a missing tag in OSS; RAM's policy facescreen-read-low-risk covers that case."""
        verdict = f"oss:ExistingObjectTag/{self.tag_prefix}verdict"
        return {**conditions, "StringNotEquals": {verdict: "low_risk"}}

    def _list_tagging_conditions(self) -> list[tuple[list[str], PolicyCondition]]:
        """One statement per tag key, because all conditions of a statement must match."""
        keys = sorted(build_verdict_tag_keys(self.tag_prefix))
        return [
            *(
                (_TAGGING_ACTIONS, {"StringLike": {f"oss:RequestObjectTag/{key}": "*"}})
                for key in keys
            ),
            *(
                (_UNTAGGING_ACTIONS, {"StringLike": {f"oss:ExistingObjectTag/{key}": "*"}})
                for key in keys
            ),
        ]

    def _list_restricted_principals(
        self, exempt: tuple[str, ...] = ()
    ) -> list[tuple[list[str], PolicyCondition]]:
        """The restricted principals, with the conditions that exempt the functions and `exempt`,
        AccessKey IDs."""
        roles = [f"arn:sts::{self.account}:assumed-role/{name}/*" for name in self.held_roles]
        permanent_keys = {"StringNotLike": {"acs:AccessId": [_TEMPORARY_KEY_PATTERN, *exempt]}}
        # OSS reads an empty list of principals as everybody.
        return [(["*"], permanent_keys), *([(roles, {})] if roles else [])]

    @staticmethod
    def _build_deny_statement(
        principal: list[str],
        action: list[str],
        resource: str | list[str],
        condition: PolicyCondition,
    ) -> PolicyStatement:
        return {
            "Effect": "Deny",
            "Principal": principal,
            "Action": action,
            "Resource": [resource] if isinstance(resource, str) else resource,
            "Condition": condition,
        }


@click.command()
@click.argument("bucket")
@environment_option
@click.pass_obj
def bucket_policy(environment: Environment, bucket: str) -> None:
    """Print the policy of a watched BUCKET, for its owner to apply."""
    with translate_settings_errors():
        guarded = PolicyInputs.from_env(bucket, environment.variables)
    click.echo(json.dumps(guarded.build_policy(), indent=2))


if __name__ == "__main__":
    sys.exit(run_command(bucket_policy))
