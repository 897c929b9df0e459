from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.templates.alibaba import resource_types
from tests.templates.alibaba.resource_types import ResourceType
from tests.templates.aws.stack import Stack

REPOSITORY = Path(__file__).parents[3]
ACCOUNT = "1234567890123456"
REGION = "ap-southeast-1"
WATCHED = [f"acs:oss:*:{ACCOUNT}:selfies/kyc/*", f"acs:oss:*:{ACCOUNT}:clips/*"]
WATCHED_BUCKETS = [f"acs:oss:*:{ACCOUNT}:selfies", f"acs:oss:*:{ACCOUNT}:clips"]
STATE = "facescreen-state"
LOGS = f"facescreen-{ACCOUNT}"


@pytest.fixture(scope="session")
def types() -> dict[str, ResourceType]:
    """The resource types that the vendor's packages describe."""
    result = subprocess.run([REPOSITORY / "scripts" / "tools-alibaba"], check=False)
    if result.returncode:
        pytest.skip("ros-cdk could not be installed; to have these tests: scripts/tools-alibaba")
    return resource_types.read(REPOSITORY / ".venv-ros")


def template(name: str) -> dict[str, Any]:
    """Read a template."""
    read: dict[str, Any] = yaml.safe_load((REPOSITORY / "infra" / "alibaba" / name).read_text())
    return read


def deploy(name: str, **parameters: str) -> Stack:
    """Return the stack of a template. Parameters are strings, as the component sends them."""
    defaults = {
        "Account": ACCOUNT,
        "Region": REGION,
        "WatchedObjects": ",".join(WATCHED),
        "WatchedBuckets": ",".join(WATCHED_BUCKETS),
        "StateBucket": STATE,
        "LogProject": LOGS,
        **parameters,
    }
    return Stack({name: template(name)}, name, defaults)


@pytest.fixture(scope="session")
def stack() -> Stack:
    """The stack of template.yaml with two watched buckets."""
    return deploy("template.yaml")
