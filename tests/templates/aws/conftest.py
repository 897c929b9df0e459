from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.templates.aws.stack import Stack

REPOSITORY = Path(__file__).parents[3]
MakeStack = Callable[..., Stack]
SECRET_ARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:alibaba-AbCdEf"


@pytest.fixture(scope="session")
def tools() -> Path:
    """The folder of sam, cfn-lint and checkov, and of the Python that imports them."""
    result = subprocess.run([REPOSITORY / "scripts" / "tools-aws"], check=False)
    if result.returncode:
        pytest.skip("SAM could not be installed; to have these tests: scripts/tools-aws")
    os.environ["SAM_CLI_TELEMETRY"] = "0"
    return REPOSITORY / ".venv-sam" / "bin"


@pytest.fixture(scope="session")
def make_stack(tools: Path) -> Iterator[MakeStack]:
    """Makes the stack of the whole deployment with given parameters, as SAM expands it."""
    expand = REPOSITORY / "tests" / "templates" / "aws" / "expand.py"
    with subprocess.Popen(
        [tools / "python", expand, REPOSITORY],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as sam:
        to_sam, from_sam = sam.stdin, sam.stdout
        assert to_sam
        assert from_sam

        def make(**parameters: str) -> Stack:
            print(json.dumps(parameters), file=to_sam, flush=True)
            return Stack(json.loads(from_sam.readline()), "template.yaml", parameters)

        yield make
        sam.communicate()


@pytest.fixture(scope="session")
def deployed(make_stack: MakeStack) -> Stack:
    """A new bucket with a bucket policy, and an AccessKey in Secrets Manager."""
    return make_stack(
        SceneCode="onboard_01",
        BucketName="selfies",
        Prefix="kyc/",
        AlibabaSecretArn=SECRET_ARN,
        GuardBucket="yes",
    )


@pytest.fixture(scope="session")
def federated(make_stack: MakeStack) -> Stack:
    """An existing bucket with its own KMS key, a key for the rest, and federation."""
    key = "arn:aws:kms:eu-central-1:123456789012:key/"
    return make_stack(
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
