from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.alibaba_template import resource_types

if TYPE_CHECKING:
    from tests.alibaba_template.resource_types import ResourceType

REPOSITORY = Path(__file__).parents[2]
ACCOUNT = "1234567890123456"
REGION = "ap-southeast-1"


@pytest.fixture(scope="session")
def types() -> dict[str, ResourceType]:
    """What the vendor's packages describe."""
    made = subprocess.run([REPOSITORY / "infra" / "alibaba" / "tools"], check=False)  # noqa: S603
    if made.returncode:
        pytest.skip("ros-cdk could not be installed; to have these tests: infra/alibaba/tools")
    return resource_types.read(REPOSITORY / ".venv-ros")


def template(name: str) -> dict[str, Any]:
    """A template as it was written."""
    read: dict[str, Any] = yaml.safe_load((REPOSITORY / "infra" / "alibaba" / name).read_text())
    return read
