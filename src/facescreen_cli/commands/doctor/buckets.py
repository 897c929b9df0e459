"""Checks the watched bucket, the state bucket, and who else may tag."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import oss2

from facescreen import errors
from facescreen.clients.credentials import CredentialSource
from facescreen.model import ObjectRef
from facescreen.storage.oss.errors import translate_oss_errors
from facescreen_cli.commands.doctor.deployment import CheckedDeployment
from facescreen_cli.commands.doctor.result import CheckResult, fault, ok, warning

_REQUEST_TIMEOUT_S = 5
_WATCHED_BUCKET_CHECK_NAME = "watched bucket"
_VERSIONING_CHECK_NAME = "versioning"
_STATE_BUCKET_CHECK_NAME = "state bucket"
_TAG_GUARD_CHECK_NAME = "tag guard"


def check_watched_bucket(
    deployment: CheckedDeployment, credentials: CredentialSource
) -> Iterator[CheckResult]:
    """Try to read and tag an object that doesn't exist, so that nothing is written.

    Raises errors.FacescreenError.
    """
    store = deployment.create_platform(credentials).object_store
    missing_ref = ObjectRef("oss", deployment.bucket, f"facescreen-doctor/{uuid.uuid4()}")
    actions: Mapping[str, Callable[[], object]] = {
        "oss:GetObject": lambda: store.read(missing_ref, 0, 1),
        "oss:GetObjectTagging": lambda: store.get_tags(missing_ref),
        "oss:PutObjectTagging": lambda: store.replace_tags(missing_ref, {}),
    }
    denied_actions = [action for action, attempt in actions.items() if not _is_allowed(attempt)]
    if denied_actions:
        yield _denied_result(_WATCHED_BUCKET_CHECK_NAME, deployment.bucket, denied_actions)
    else:
        yield ok(_WATCHED_BUCKET_CHECK_NAME, f"{deployment.bucket} can be read and tagged")
    yield _check_tag_guard(deployment, credentials)


def check_versioning(
    deployment: CheckedDeployment, credentials: CredentialSource
) -> Iterator[CheckResult]:
    """Check that the watched bucket is versioned. Raises errors.FacescreenError."""
    name = deployment.bucket
    if deployment.settings.local:
        yield ok(_VERSIONING_CHECK_NAME, "the local cloud's bucket need not be versioned")
    elif _read_versioning(deployment, credentials, name) == oss2.BUCKET_VERSIONING_ENABLE:
        yield ok(_VERSIONING_CHECK_NAME, f"{name} is versioned: a verdict can't reach other bytes")
    else:
        message = (
            f"{name} is unversioned: an overwrite during the tagging carries the old verdict "
            "until the next look"
        )
        yield warning(_VERSIONING_CHECK_NAME, message, "Enable versioning (docs/limits.md).")


def check_state_bucket(
    deployment: CheckedDeployment, credentials: CredentialSource
) -> Iterator[CheckResult]:
    """Try to read, list and append. Raises errors.FacescreenError."""
    settings = deployment.settings
    name, key = settings.state_bucket, f"facescreen-doctor/{uuid.uuid4()}"
    state_store = deployment.create_platform(credentials).create_state_store(name)
    actions: Mapping[str, Callable[[], object]] = {
        "oss:GetObject": lambda: state_store.read(key),
        "oss:ListObjects": lambda: next(state_store.list_keys(key, ""), None),
        # Rejected because of its position: nothing is written.
        "oss:PutObject": lambda: state_store.append(key, 1, b"-"),
    }
    denied_actions = [action for action, attempt in actions.items() if not _is_allowed(attempt)]
    if denied_actions:
        yield _denied_result(_STATE_BUCKET_CHECK_NAME, name, denied_actions)
    if versioning := _read_versioning(deployment, credentials, name):
        message = f"{name} is versioned ({versioning}): the ledger needs an unversioned bucket"
        yield fault(
            _STATE_BUCKET_CHECK_NAME,
            message,
            "Create an unversioned bucket, and set STATE_BUCKET to it.",
        )
    elif not denied_actions:
        yield ok(
            _STATE_BUCKET_CHECK_NAME, f"{name} can be read, listed and written, and is unversioned"
        )


def _read_versioning(
    deployment: CheckedDeployment, credentials: CredentialSource, name: str
) -> str:
    """``Enabled`` or ``Suspended``; empty if the bucket has never been versioned."""
    with translate_oss_errors(name):
        bucket = _create_sdk_bucket(deployment, credentials, name)
        return bucket.get_bucket_versioning().status or ""


def _check_tag_guard(deployment: CheckedDeployment, credentials: CredentialSource) -> CheckResult:
    """Whether the bucket's policy prevents others from writing verdict tags."""
    if deployment.settings.local:
        return ok(_TAG_GUARD_CHECK_NAME, "the local cloud has one account, so nobody else may tag")
    key = f"{deployment.settings.tag_prefix}verdict"
    watched_bucket = _create_sdk_bucket(deployment, credentials, deployment.bucket)
    try:
        with translate_oss_errors(deployment.bucket):
            policy = watched_bucket.get_bucket_policy().policy or ""
    except errors.ObjectNotFoundError:  # NoSuchBucketPolicy
        policy = ""
    if is_tag_guarded(policy, key):
        return ok(
            _TAG_GUARD_CHECK_NAME, f"the policy of {deployment.bucket} denies others the tag {key}"
        )
    message = f"anyone who may tag objects in {deployment.bucket} may forge {key}"
    return warning(
        _TAG_GUARD_CHECK_NAME,
        message,
        f"Deny oss:PutObjectTagging with oss:RequestObjectTag/{key}.",
    )


def is_tag_guarded(policy: str, key: str) -> bool:
    """Whether a bucket policy (JSON) denies anyone the tag `key`."""
    try:
        statements: Any = json.loads(policy)["Statement"]
        return any(
            statement["Effect"] == "Deny"
            and {"oss:PutObjectTagging", "oss:*", "*"} & set(statement["Action"])
            and any(
                condition.lower() == f"oss:requestobjecttag/{key}".lower()
                for operator in statement["Condition"].values()
                for condition in operator
            )
            for statement in statements
            if "Condition" in statement
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        return False


def _is_allowed(attempt: Callable[[], object]) -> bool:
    """Whether an action on a missing object is allowed."""
    try:
        attempt()
    except errors.ObjectNotFoundError:
        return True
    except errors.AccessDeniedError:
        return False
    return True


def _denied_result(check: str, bucket: str, actions: list[str]) -> CheckResult:
    message = f"these credentials may not {', '.join(actions)} in {bucket}"
    return warning(check, message, "Check that the functions' roles may. Yours need not.")


def _create_sdk_bucket(
    deployment: CheckedDeployment, credentials: CredentialSource, name: str
) -> oss2.Bucket:
    """A bucket of the vendor's SDK, for what ObjectStore doesn't offer."""
    current_credentials = credentials.get()
    provider = oss2.credentials.StaticCredentialsProvider(
        current_credentials.access_key_id,
        current_credentials.access_key_secret,
        current_credentials.security_token or None,
    )
    endpoint, region = deployment.endpoints["OSS"], deployment.alibaba_settings.oss_region
    auth = oss2.ProviderAuthV4(provider)
    return oss2.Bucket(auth, endpoint, name, region=region, connect_timeout=_REQUEST_TIMEOUT_S)
