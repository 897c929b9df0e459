"""A Lambda function's configuration, and the command and environment of its process."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

REGION = "eu-central-1"
ACCOUNT = "123456789012"
"""The account that moto assigns to every unknown access key."""


@dataclass(frozen=True)
class FunctionConfiguration:
    """What a template declares about a function. `code` is the folder to deploy."""

    name: str
    handler: str
    code: Path
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeout_s: float = 3
    memory_mb: int = 128
    concurrency: int = 10
    """Reserved concurrency. Further invocations are throttled."""
    runtime: Path | None = None
    """Folder of the packages besides the function's code (package.make_managed_runtime).

    None makes the packages of this environment available.
    """
    access_key: str = field(default_factory=lambda: f"ASIA{secrets.token_hex(8).upper()}")
    secret_key: str = field(default_factory=lambda: secrets.token_urlsafe(30), repr=False)
    session_token: str = field(default_factory=lambda: secrets.token_urlsafe(120), repr=False)

    @property
    def arn(self) -> str:
        """The function's ARN."""
        return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{self.name}"

    @property
    def command(self) -> list[str]:
        """Command that starts the runtime. Run it in `code`, from which it imports first."""
        alone = ["-S"] if self.runtime else []
        return [sys.executable, *alone, "-m", "awslambdaric", self.handler]

    def environment_variables(self) -> dict[str, str]:
        """The complete environment of the process. Nothing is inherited."""
        return {
            **self.environment,
            **({"PYTHONPATH": str(self.runtime)} if self.runtime else {}),
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_python{sys.version_info[0]}.{sys.version_info[1]}",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self.memory_mb),
            "AWS_LAMBDA_FUNCTION_NAME": self.name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{self.name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": f"[$LATEST]{secrets.token_hex(16)}",
            "AWS_REGION": REGION,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_SESSION_TOKEN": self.session_token,
            "LAMBDA_TASK_ROOT": str(self.code),
            "LANG": "en_US.UTF-8",
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "TZ": ":UTC",
            "_HANDLER": self.handler,
        }
