"""Every permission of every role, in one table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.policies import as_list
from tests.templates.aws.conftest import MakeStack
from tests.templates.aws.stack import Stack

OBJECTS = "arn:aws:s3:::selfies/kyc/*"
WATCHED = "arn:aws:s3:::selfies"
OWN_KEY = "arn:aws:kms:eu-central-1:123456789012:key/ours"
BUCKET_KEY = "arn:aws:kms:eu-central-1:123456789012:key/theirs"
SECRET = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:alibaba-AbCdEf"

SHARED_PERMISSIONS = {
    ("s3:GetObject", OBJECTS),
    ("s3:GetObjectVersion", OBJECTS),
    ("s3:GetObjectTagging", OBJECTS),
    ("s3:GetObjectVersionTagging", OBJECTS),
    ("s3:PutObjectTagging", OBJECTS),
    ("s3:PutObjectVersionTagging", OBJECTS),
    ("s3:ListBucket", WATCHED),
    ("s3:ListBucketVersions", WATCHED),
    ("s3:GetObject", "StateBucket.Arn/*"),
    ("s3:PutObject", "StateBucket.Arn/*"),
    ("s3:ListBucket", "StateBucket.Arn"),
    ("sns:Publish", "Verdicts"),
    ("secretsmanager:GetSecretValue", SECRET),
    ("xray:PutTraceSegments", "*"),
    ("xray:PutTelemetryRecords", "*"),
}
PERMISSIONS = {
    "ObjectCreatedRole": SHARED_PERMISSIONS
    | {
        ("sqs:ReceiveMessage", "Queue.Arn"),
        ("sqs:DeleteMessage", "Queue.Arn"),
        ("sqs:GetQueueAttributes", "Queue.Arn"),
        ("sqs:SendMessage", "DeadLetters.Arn"),
        ("logs:CreateLogStream", "ObjectCreatedLogs.Arn"),
        ("logs:PutLogEvents", "ObjectCreatedLogs.Arn"),
    },
    "HttpApiRole": SHARED_PERMISSIONS
    | {
        ("logs:CreateLogStream", "HttpApiLogs.Arn"),
        ("logs:PutLogEvents", "HttpApiLogs.Arn"),
    },
    "SweepingRole": {
        ("s3:ListBucket", WATCHED),
        ("s3:GetObjectTagging", OBJECTS),
        ("sqs:SendMessage", "Queue.Arn"),
        ("s3:GetObject", "StateBucket.Arn/sweep/*"),
        ("s3:PutObject", "StateBucket.Arn/sweep/*"),
        ("s3:GetObject", "StateBucket.Arn/calls/*"),
        ("s3:ListBucket", "StateBucket.Arn"),
        ("logs:CreateLogStream", "SweepingLogs.Arn"),
        ("logs:PutLogEvents", "SweepingLogs.Arn"),
        ("xray:PutTraceSegments", "*"),
        ("xray:PutTelemetryRecords", "*"),
    },
}
MOVE_PERMISSIONS = {
    ("s3:DeleteObject", "arn:aws:s3:::selfies/*"),
    ("s3:DeleteObjectVersion", "arn:aws:s3:::selfies/*"),
    ("s3:GetObject", "arn:aws:s3:::held/quarantine/*"),
    ("s3:PutObject", "arn:aws:s3:::held/quarantine/*"),
    ("s3:GetObjectTagging", "arn:aws:s3:::held/quarantine/*"),
    ("s3:PutObjectTagging", "arn:aws:s3:::held/quarantine/*"),
    ("s3:ListBucket", "arn:aws:s3:::held"),
    ("kms:Decrypt", f"{OWN_KEY}-of-the-held"),
    ("kms:GenerateDataKey", f"{OWN_KEY}-of-the-held"),
}
PRIVATE_PERMISSIONS = {
    ("s3:GetObjectAcl", "arn:aws:s3:::selfies/*"),
    ("s3:GetObjectVersionAcl", "arn:aws:s3:::selfies/*"),
    ("s3:PutObjectAcl", "arn:aws:s3:::selfies/*"),
    ("s3:PutObjectVersionAcl", "arn:aws:s3:::selfies/*"),
}
OWN_KEY_PERMISSIONS = {("kms:Decrypt", OWN_KEY), ("kms:GenerateDataKey", OWN_KEY)}
FEDERATED = OWN_KEY_PERMISSIONS | {("sts:GetWebIdentityToken", "*"), ("kms:Decrypt", BUCKET_KEY)}
"""Permissions with federation and own keys, in place of the secret's, for the whole bucket."""


def test_roles_have_exactly_the_permissions_of_the_table(deployed: Stack) -> None:
    assert permissions_of(deployed) == PERMISSIONS


def test_a_federated_deployment_reads_no_secret(federated: Stack) -> None:
    everywhere = {
        role: {
            (action, "arn:aws:s3:::selfies/*" if resource == OBJECTS else resource)
            for action, resource in allowed
            if resource != SECRET
        }
        | (FEDERATED if role != "SweepingRole" else OWN_KEY_PERMISSIONS)
        for role, allowed in PERMISSIONS.items()
    }
    assert permissions_of(federated) == everywhere


@pytest.mark.parametrize(
    ("quarantine", "expected"),
    [("off", set()), ("move", MOVE_PERMISSIONS), ("private", PRIVATE_PERMISSIONS)],
)
def test_a_quarantine_adds_what_it_needs(
    make_stack: MakeStack, quarantine: str, expected: set[tuple[str, str]]
) -> None:
    key = f"{OWN_KEY}-of-the-held"
    parameters = {"BucketName": "selfies", "QuarantineBucket": "held", "QuarantineKeyArn": key}
    without = permissions_of(make_stack(**parameters))
    with_quarantine = permissions_of(make_stack(**parameters, Quarantine=quarantine))
    assert with_quarantine["SweepingRole"] == without["SweepingRole"]
    for role in ("ObjectCreatedRole", "HttpApiRole"):
        assert with_quarantine[role] - without[role] == expected


def test_no_permission_has_a_wildcard_action(deployed: Stack, federated: Stack) -> None:
    for stack in (deployed, federated):
        actions = {action for allowed in permissions_of(stack).values() for action, _ in allowed}
        assert not {action for action in actions if "*" in action}


def test_a_token_is_only_for_alibaba_cloud_and_short_lived(federated: Stack) -> None:
    (vouch,) = [
        statement
        for policy in federated.all("AWS::IAM::ManagedPolicy").values()
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Action"] == "sts:GetWebIdentityToken"
    ]
    audience = federated.properties("ObjectCreated")["Environment"]["Variables"]
    assert vouch["Condition"] == {
        "ForAllValues:StringEquals": {
            "sts:IdentityTokenAudience": audience["ALIBABA_OIDC_AUDIENCE"]
        },
        "NumericLessThanEquals": {"sts:DurationSeconds": 300},
        "StringEquals": {"sts:SigningAlgorithm": "RS256"},
    }


def test_only_lambda_can_assume_the_roles(deployed: Stack) -> None:
    for role in deployed.all("AWS::IAM::Role").values():
        (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}
        assert "ManagedPolicyArns" not in role


def permissions_of(stack: Stack) -> dict[str, set[tuple[str, str]]]:
    """Return (action, resource) pairs by role."""
    roles = stack.all("AWS::IAM::Role")
    permissions_by_role = {
        name: {
            pair
            for policy in role["Policies"]
            for pair in _actions_on_resources(policy["PolicyDocument"])
        }
        for name, role in roles.items()
    }
    for policy in stack.all("AWS::IAM::ManagedPolicy").values():
        for name in policy["Roles"]:
            permissions_by_role[name] |= set(_actions_on_resources(policy["PolicyDocument"]))
    return permissions_by_role


def _actions_on_resources(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for statement in document["Statement"]:
        assert statement["Effect"] == "Allow"
        for action in as_list(statement["Action"]):
            for resource in as_list(statement["Resource"]):
                yield action, resource
