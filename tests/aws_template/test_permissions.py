"""Every permission that the template gives, in one table."""

from __future__ import annotations

from typing import Any

from .expanded import resources, statements

OBJECTS = "arn:${AWS::Partition}:s3:::${BucketName}/${Prefix}*"
BUCKET = "arn:${AWS::Partition}:s3:::${BucketName}"
BOTH = "both functions"

# Who may do what, on what.
PERMISSIONS = {
    ("ObjectCreatedRole", "sqs:ReceiveMessage", "Uploads.Arn"),
    ("ObjectCreatedRole", "sqs:DeleteMessage", "Uploads.Arn"),
    ("ObjectCreatedRole", "sqs:GetQueueAttributes", "Uploads.Arn"),
    ("ObjectCreatedRole", "logs:CreateLogStream", "ObjectCreatedLogs.Arn"),
    ("ObjectCreatedRole", "logs:PutLogEvents", "ObjectCreatedLogs.Arn"),
    ("HttpApiRole", "logs:CreateLogStream", "HttpApiLogs.Arn"),
    ("HttpApiRole", "logs:PutLogEvents", "HttpApiLogs.Arn"),
    (BOTH, "s3:GetObject", OBJECTS),
    (BOTH, "s3:GetObjectVersion", OBJECTS),
    (BOTH, "s3:GetObjectTagging", OBJECTS),
    (BOTH, "s3:GetObjectVersionTagging", OBJECTS),
    (BOTH, "s3:PutObjectTagging", OBJECTS),
    (BOTH, "s3:PutObjectVersionTagging", OBJECTS),
    (BOTH, "s3:ListBucket", BUCKET),
    (BOTH, "s3:ListBucketVersions", BUCKET),
    (BOTH, "s3:GetObject", "${StateBucket.Arn}/*"),
    (BOTH, "s3:PutObject", "${StateBucket.Arn}/*"),
    (BOTH, "s3:ListBucket", "StateBucket.Arn"),
    (BOTH, "sns:Publish", "Verdicts"),
    (BOTH, "secretsmanager:GetSecretValue", "AlibabaSecretArn"),
    (BOTH, "kms:Decrypt", "KmsKeyArn"),
    (BOTH, "kms:GenerateDataKey", "KmsKeyArn"),
    (BOTH, "kms:Decrypt", "BucketKeyArn"),
    # These two know no resource: IAM has none to narrow them by.
    (BOTH, "xray:PutTraceSegments", "*"),
    (BOTH, "xray:PutTelemetryRecords", "*"),
    (BOTH, "sts:GetWebIdentityToken", "*"),
}
WITHOUT_RESOURCE = {"xray:PutTraceSegments", "xray:PutTelemetryRecords", "sts:GetWebIdentityToken"}


def given() -> set[tuple[str, str, str]]:
    documents = [
        (name, policy["PolicyDocument"])
        for name, role in resources("AWS::IAM::Role").items()
        for policy in role["Policies"]
    ]
    for policy in resources("AWS::IAM::ManagedPolicy").values():
        assert policy["Roles"] == [{"Ref": "ObjectCreatedRole"}, {"Ref": "HttpApiRole"}]
        documents.append((BOTH, policy["PolicyDocument"]))
    return {
        (who, action, _named(statement["Resource"]))
        for who, document in documents
        for statement in statements(document)
        for action in _listed(statement["Action"])
    }


def _named(resource: Any) -> str:
    if isinstance(resource, str):
        return resource
    ((_, value),) = resource.items()
    return ".".join(value) if isinstance(value, list) else str(value)


def _listed(value: str | list[str]) -> list[str]:
    return value if isinstance(value, list) else [value]


def test_the_table_is_all_there_is() -> None:
    assert given() == PERMISSIONS


def test_nothing_is_wide_that_need_not_be() -> None:
    assert {action for _, action, on in given() if on == "*"} == WITHOUT_RESOURCE
    assert not any("*" in action for _, action, _ in given())
    for role in resources("AWS::IAM::Role").values():
        assert "ManagedPolicyArns" not in role


def test_a_token_is_for_alibaba_cloud_alone() -> None:
    (policy,) = resources("AWS::IAM::ManagedPolicy").values()
    (vouch,) = (
        s for s in statements(policy["PolicyDocument"]) if s["Action"] == "sts:GetWebIdentityToken"
    )
    assert vouch["Condition"] == {
        "ForAllValues:StringEquals": {"sts:IdentityTokenAudience": "sts.aliyuncs.com"}
    }


def test_only_lambda_takes_the_roles() -> None:
    for role in resources("AWS::IAM::Role").values():
        (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}
