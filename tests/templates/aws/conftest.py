from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.templates.aws.stack import Stack

REPOSITORY = Path(__file__).parents[3]
SECRET_ARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:alibaba-AbCdEf"


@pytest.fixture(scope="session")
def tools() -> Path:
    """The folder of sam, cfn-lint, checkov, and the Python that imports them."""
    made = subprocess.run([REPOSITORY / "scripts" / "tools-aws"], check=False)
    if made.returncode:
        pytest.skip("SAM could not be installed; to have these tests: scripts/tools-aws")
    os.environ["SAM_CLI_TELEMETRY"] = "0"
    return REPOSITORY / ".venv-sam" / "bin"


@pytest.fixture(scope="session")
def deployed(tools: Path) -> Stack:
    """A new bucket, an AccessKey in Secrets Manager, guarded."""
    return Stack.deployed(
        tools,
        REPOSITORY,
        SceneCode="onboard_01",
        BucketName="selfies",
        Prefix="kyc/",
        AlibabaSecretArn=SECRET_ARN,
        GuardBucket="yes",
    )


@pytest.fixture(scope="session")
def federated(tools: Path) -> Stack:
    """A bucket that was there before with a key of its own, keys of ours, and no stored secret."""
    key = "arn:aws:kms:eu-central-1:123456789012:key/"
    return Stack.deployed(
        tools,
        REPOSITORY,
        SceneCode="onboard_01",
        BucketName="selfies",
        Bucket="existing",
        AlibabaCredentials="federation",
        AlibabaRoleArn="acs:ram::1234567890123456:role/facescreen",
        AlibabaOidcProviderArn="acs:ram::1234567890123456:oidc-provider/aws",
        KmsKeyArn=f"{key}ours",
        BucketKeyArn=f"{key}theirs",
        CallsPerSecond="50",
        SnapStart="PublishedVersions",
    )
