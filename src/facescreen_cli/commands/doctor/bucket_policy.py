"""The policy of a watched bucket: reads gated by the verdict, and verdicts kept from forgery.

ROS has no resource for the policy of a bucket that is there already. So it is printed here, from
the variables that s.yaml reads, for the bucket's owner to put beside or in place of what is there
(OSS console, the bucket, Permission Control, Bucket Policy, Add by Syntax):

    python -m facescreen_cli.commands.doctor.bucket_policy BUCKET --env .env

OSS says who a statement is for by its principal alone: it has no way to say "all but these", and
no condition on a role's name. So each statement stands twice, and both times it leaves the
functions alone, whose AccessKeys are temporary:

- for everybody whose AccessKey is not temporary: the account and its RAM users, whoever they are;
- for the roles that HELD_ROLES names. A role that it does not name, and that may read or tag in
  the bucket by a policy of its own, is not held.

A copy may bring tags from where anybody may write them, and OSS has no condition on a copy's
source: until it is screened itself, a moment later, such a copy has the verdict that it came with.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import click

from facescreen.settings.forms import Names, Text
from facescreen.settings.loader import Reader, Setting
from facescreen.tags import verdict_tag_keys
from facescreen_cli.environment import Environment, settings_as_usage_errors
from facescreen_cli.exit_codes import run_command
from facescreen_cli.options import environment_option

Statement = dict[str, Any]
Condition = dict[str, dict[str, Any]]

_READ_ACTIONS = ["oss:GetObject", "oss:GetObjectVersion"]
# With the header x-oss-tagging, an upload is a tagging too, and is refused as either.
_TAGGING_ACTIONS = ["oss:PutObject", "oss:PutObjectTagging", "oss:PutObjectVersionTagging"]
_UNTAGGING_ACTIONS = ["oss:DeleteObjectTagging", "oss:DeleteObjectVersionTagging"]
_TEMPORARY_KEYS = "STS.*"
# No pattern, which would hold the functions too.
_ROLE_NAME = re.compile(r"(?!facescreen-)[A-Za-z0-9.-]{1,64}")


_ACCOUNT_ID = Setting("ALIBABA_CLOUD_ACCOUNT_ID", Text(r"\d{16}", "16 digits"), where="RAM console")


@dataclass(frozen=True)
class PolicyInputs:
    """What is guarded, and from whom."""

    account: str
    bucket: str
    prefix: str
    """What is screened. Elsewhere nothing has a verdict, and all may be read."""
    tag_prefix: str
    held_roles: tuple[str, ...]
    """Names of roles."""
    reviewers: tuple[str, ...]
    """AccessKey IDs of RAM users who read what is flagged. They write no verdicts either."""

    @classmethod
    def from_env(cls, bucket: str, environment: Mapping[str, str]) -> PolicyInputs:
        """Raises errors.InvalidSettingsError, which names every variable that is wrong."""
        reader = Reader(environment)
        found = cls(
            account=reader.value(_ACCOUNT_ID),
            bucket=bucket,
            prefix=environment.get("OSS_PREFIX", ""),
            tag_prefix=environment.get("TAG_PREFIX") or "deepfake-",
            held_roles=reader.value(Setting("HELD_ROLES", Names(), "")),
            reviewers=reader.value(Setting("REVIEWERS", Names(), "")),
        )
        reader.errors.extend(
            f"HELD_ROLES must be names of roles other than facescreen's own; {name!r} is not"
            for name in found.held_roles
            if not _ROLE_NAME.fullmatch(name)
        )
        reader.check()
        return found

    def policy(self) -> dict[str, Any]:
        """As OSS takes it."""
        whole = f"acs:oss:*:{self.account}:{self.bucket}"
        read = [
            self._deny(principal, _READ_ACTIONS, f"{whole}/{self.prefix}*", self._gate(but))
            for principal, but in self._held(self.reviewers)
        ]
        written = [
            self._deny(principal, actions, f"{whole}/*", but | condition)
            for principal, but in self._held()
            for actions, condition in self._forgeries()
        ]
        in_the_clear = {"Bool": {"acs:SecureTransport": "false"}}
        by_tls = self._deny(["*"], ["oss:*"], [whole, f"{whole}/*"], in_the_clear)
        return {"Version": "1", "Statement": [*read, *written, by_tls]}

    def _gate(self, but: Condition) -> Condition:
        """What has no verdict is not low risk either. UNCONFIRMED whether OSS holds a tag that is
        missing for a different one; RAM's policy facescreen-read-low-risk leaves no doubt."""
        verdict = f"oss:ExistingObjectTag/{self.tag_prefix}verdict"
        return {**but, "StringNotEquals": {verdict: "low_risk"}}

    def _forgeries(self) -> list[tuple[list[str], Condition]]:
        """Conditions of one statement must all hold, so each key has its own."""
        keys = sorted(verdict_tag_keys(self.tag_prefix))
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

    def _held(self, but: tuple[str, ...] = ()) -> list[tuple[list[str], Condition]]:
        """Principals, and the conditions that leave out of them who is not held."""
        roles = [f"arn:sts::{self.account}:assumed-role/{name}/*" for name in self.held_roles]
        lasting = {"StringNotLike": {"acs:AccessId": [_TEMPORARY_KEYS, *but]}}
        # OSS takes an empty list for everybody.
        return [(["*"], lasting), *([(roles, {})] if roles else [])]

    @staticmethod
    def _deny(
        principal: list[str], action: list[str], resource: str | list[str], condition: Condition
    ) -> Statement:
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
    with settings_as_usage_errors():
        guarded = PolicyInputs.from_env(bucket, environment.variables)
    click.echo(json.dumps(guarded.policy(), indent=2))


if __name__ == "__main__":
    sys.exit(run_command(bucket_policy))
