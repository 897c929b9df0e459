"""The command line, as somebody runs it who has an AccessKey of AWS."""

from __future__ import annotations

import os
import subprocess

from tests.e2e.aws.configuration import REGION
from tests.support.command import FACESCREEN

SECRET = "secret-of-the-user"


def run(endpoint: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """At AWS's `endpoint`. Says nothing secret."""
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
