"""A deployed function: the environment of its instances and the context of its invocations.

Shapes: function-compute.md, "Runtime". Python 3.10 gets credentials in the context, 3.12 in the
environment only.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from facescreen_local.auth.account import AccessKey
from facescreen_serverless_devs.model import Function

_RUNTIMES_WITH_CREDENTIALS_IN_CONTEXT = {"python3.10"}


@dataclass(frozen=True)
class DeployedFunction:
    """A function of s.yaml with its region, account and interpreter."""

    function: Function
    region: str
    account_id: str
    interpreter: str = sys.executable
    ca_file: Path | None = None
    """Replaces the public CA certificates for the instances."""

    def __post_init__(self) -> None:
        if not os.access(self.interpreter, os.X_OK):
            raise FileNotFoundError(f"{self.function.runtime}: no interpreter {self.interpreter!r}")

    @property
    def arn(self) -> str:
        """The function's Alibaba Cloud resource name."""
        return f"acs:fc:{self.region}:{self.account_id}:functions/{self.function.name}"

    def build_environment(self, key: AccessKey, instance_id: str) -> dict[str, str]:
        """Return an instance's whole environment; it inherits nothing from this process."""
        function = self.function
        return {
            "HOME": "/tmp",  # noqa: S108 - where Function Compute lets a function write
            "LANG": "C.UTF-8",
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "PYTHONUNBUFFERED": "1",
            "TZ": "UTC",
            **({"SSL_CERT_FILE": str(self.ca_file)} if self.ca_file else {}),
            **function.environment,
            "FC_ACCOUNT_ID": self.account_id,
            "FC_FUNCTION_HANDLER": function.handler,
            "FC_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
            "FC_FUNCTION_NAME": function.name,
            "FC_FUNC_CODE_PATH": str(function.code),
            "FC_INSTANCE_ID": instance_id,
            "FC_REGION": self.region,
            **({} if self._has_credentials_in_context else _build_credentials_environment(key)),
        }

    def build_context(self, key: AccessKey, request_id: str) -> dict[str, object]:
        """Return the context of one invocation, as nested mappings."""
        function = self.function
        context: dict[str, object] = {
            "request_id": request_id,
            "region": self.region,
            "account_id": self.account_id,
            "function": {
                "name": function.name,
                "handler": function.handler,
                "memory": function.memory_mb,
                "timeout": function.timeout_s,
            },
        }
        if self._has_credentials_in_context:
            context["credentials"] = {
                "access_key_id": key.access_key_id,
                "access_key_secret": key.access_key_secret,
                "security_token": key.security_token,
            }
            context["service"] = {
                "name": "",
                "log_project": function.log_project,
                "log_store": function.log_store,
                "qualifier": "LATEST",
                "version_id": "",
            }
        return context

    @property
    def _has_credentials_in_context(self) -> bool:
        return self.function.runtime in _RUNTIMES_WITH_CREDENTIALS_IN_CONTEXT


def _build_credentials_environment(key: AccessKey) -> dict[str, str]:
    return {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": key.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": key.access_key_secret,
        "ALIBABA_CLOUD_SECURITY_TOKEN": key.security_token,
    }
