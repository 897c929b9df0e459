"""Run the command line as a user with an AWS access key."""

from __future__ import annotations

import os
import subprocess

from tests.e2e.aws.configuration import REGION
from tests.support.command import FACESCREEN

SECRET = "secret-of-the-user"


def run(endpoint: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command against the AWS `endpoint`, and check that it prints no secret."""
    result = subprocess.run(
        [FACESCREEN, *arguments],
        env={
            **os.environ,
            "AWS_ACCESS_KEY_ID": "AKIDUSER",
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL": endpoint,
            **environment,
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    output = result.stdout + result.stderr
    assert SECRET not in output
    assert "X-Amz-Signature" not in output
    assert "Traceback" not in output
    return result
