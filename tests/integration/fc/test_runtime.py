"""The environment of a handler, as real processes report it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from facescreen_local.auth.account import LocalAccount
from facescreen_local.fc.runtime import bootstrap
from facescreen_local.fc.runtime.deployed_function import DeployedFunction
from facescreen_local.fc.runtime.instance import InvocationResult
from facescreen_local.fc.runtime.pool import InstancePool
from facescreen_local.fc.store.event import FunctionEvent
from facescreen_serverless_devs.model import Function
from tests.integration.fc.running import make_project

DUMP = """
    import json, os

    def tell(thing):
        if hasattr(thing, "__dict__"):
            return {name: tell(value) for name, value in vars(thing).items()}
        return thing

    def handler(event, context):
        return {"event": repr(event), "context": tell(context), "environment": dict(os.environ)}
"""


async def invoke(
    folder: Path, handlers: str, *, interpreter: str = sys.executable, **overrides: Any
) -> InvocationResult:
    local_account = LocalAccount.create()
    make_project(folder, handlers)
    function = Function(
        **{
            "name": "screen",
            "runtime": "python3.10",
            "handler": "index.handler",
            "code": folder / "code",
            **overrides,
        }
    )
    deployment = DeployedFunction(function, "ap-southeast-1", local_account.account_id, interpreter)
    pool = InstancePool(deployment, local_account, folder / "log")
    event = FunctionEvent("api", b"\x00bytes", "request-1")
    try:
        async with pool.reserve_instance(0) as instance:
            return await instance.invoke(event.request_id, event.payload)
    finally:
        await pool.close()


async def test_python_3_10_has_credentials_and_service_in_the_context(tmp_path: Path) -> None:
    result = await invoke(tmp_path, DUMP, memory_mb=256, timeout_s=7, log_project="p")
    body = json.loads(result.payload)
    assert body["event"] == repr(b"\x00bytes")
    context = body["context"]
    assert context["request_id"] == "request-1"
    assert context["region"] == "ap-southeast-1"
    assert context["credentials"]["access_key_id"].startswith("STS.")
    assert context["credentials"]["security_token"]
    assert context["function"] == {
        "name": "screen",
        "handler": "index.handler",
        "memory": 256,
        "timeout": 7,
    }
    assert context["service"]["log_project"] == "p"
    assert "ALIBABA_CLOUD_ACCESS_KEY_ID" not in body["environment"]


async def test_python_3_12_has_credentials_only_in_the_environment(tmp_path: Path) -> None:
    result = await invoke(tmp_path, DUMP, runtime="python3.12")
    body = json.loads(result.payload)
    assert not {"credentials", "service"} & set(body["context"])
    environment = body["environment"]
    assert environment["ALIBABA_CLOUD_ACCESS_KEY_ID"].startswith("STS.")
    assert environment["ALIBABA_CLOUD_ACCESS_KEY_SECRET"]
    assert environment["ALIBABA_CLOUD_SECURITY_TOKEN"]


async def test_the_environment_is_not_inherited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARENT_SECRET", "x")
    monkeypatch.setenv("HOME", "/nowhere")
    result = await invoke(tmp_path, DUMP, environment={"MODE": "test"})
    environment = json.loads(result.payload)["environment"]
    assert environment["MODE"] == "test"
    assert environment["FC_FUNCTION_NAME"] == "screen"
    assert environment["FC_FUNC_CODE_PATH"] == str(tmp_path / "code")
    assert environment["HOME"] == "/tmp"  # noqa: S108
    fc = {name for name in environment if name.startswith("FC_")}
    assert fc == {
        "FC_ACCOUNT_ID",
        "FC_FUNCTION_HANDLER",
        "FC_FUNCTION_MEMORY_SIZE",
        "FC_FUNCTION_NAME",
        "FC_FUNC_CODE_PATH",
        "FC_INSTANCE_ID",
        "FC_REGION",
    }
    # Python itself sets LC_CTYPE.
    assert set(environment) - fc - {"LC_CTYPE"} == {
        "HOME",
        "LANG",
        "MODE",
        "PATH",
        "PYTHONUNBUFFERED",
        "TZ",
    }


@pytest.mark.parametrize(
    ("returned", "payload"),
    [
        ("b'\\x00\\xff'", b"\x00\xff"),
        ("'g\\u00e9'", "gé".encode()),
        ("{'a': 1}", b'{"a": 1}'),
        ("None", b"null"),
    ],
)
async def test_results_become_bytes(tmp_path: Path, returned: str, payload: bytes) -> None:
    result = await invoke(tmp_path, f"def handler(event, context): return {returned}")
    assert (result.status, result.payload) == ("ok", payload)


async def test_an_error_has_the_platforms_format(tmp_path: Path) -> None:
    result = await invoke(tmp_path, "def handler(event, context):\n    raise KeyError('oops')")
    assert (result.status, result.error_type) == ("error", "KeyError")
    assert json.loads(result.payload) == {
        "errorMessage": "'oops'",
        "errorType": "KeyError",
        "stackTrace": [
            [
                f'File "{tmp_path}/code/index.py"',
                "line 2",
                "in handler",
                "raise KeyError('oops')",
            ]
        ],
    }


@pytest.mark.parametrize(
    ("overrides", "error_type"),
    [
        ({"handler": "absent.handler"}, "ModuleNotFoundError"),
        ({"handler": "index.absent"}, "AttributeError"),
        # Modules next to the bootstrap can't be imported.
        ({"handler": "instance.handler"}, "ModuleNotFoundError"),
    ],
)
async def test_a_missing_handler_is_an_error(
    tmp_path: Path, overrides: dict[str, str], error_type: str
) -> None:
    result = await invoke(tmp_path, "", **overrides)
    assert (result.status, result.error_type) == ("error", error_type)


async def test_a_function_that_exits_is_an_error_with_the_status(tmp_path: Path) -> None:
    result = await invoke(tmp_path, "import sys\ndef handler(event, context): sys.exit(3)")
    assert (result.status, result.error_type) == ("error", "FunctionProcessExited")
    assert b"exit status 3" in result.payload


def test_a_missing_interpreter_is_named(tmp_path: Path) -> None:
    function = Function("f", "python3.12", "i.h", tmp_path)
    with pytest.raises(FileNotFoundError, match=r"python3\.12: no interpreter '/no/python'"):
        DeployedFunction(function, "r", "1", "/no/python")


async def test_the_interpreter_is_a_setting(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nBY=wrapper exec {sys.executable} "$@"\n')
    python.chmod(0o700)
    result = await invoke(tmp_path, DUMP, interpreter=str(python))
    assert json.loads(result.payload)["environment"]["BY"] == "wrapper"


@pytest.mark.parametrize("ends", ["in the middle of a handler", "before it reads the reply"])
def test_an_instance_does_not_outlive_its_parent(tmp_path: Path, ends: str) -> None:
    pause_s = 30 if ends == "in the middle of a handler" else 0
    handler = f"import time\ndef handler(event, context): print('in'); time.sleep({pause_s})"
    make_project(tmp_path, handler)
    parent_socket, instance_socket = socket.socketpair()
    with parent_socket, instance_socket:
        instance = subprocess.Popen(
            [
                sys.executable,
                bootstrap.__file__,
                str(instance_socket.fileno()),
                str(tmp_path / "code"),
            ],
            pass_fds=[instance_socket.fileno()],
            stdout=subprocess.PIPE,
        )
        parent_socket.sendall(b'{"call": "index.handler", "context": {}, "event": ""}\n')
        with instance:
            assert instance.stdout is not None
            assert instance.stdout.readline() == b"in\n"
            if not pause_s:
                parent_socket.recv(1, socket.MSG_PEEK)
            instance_socket.close()
            parent_socket.close()
            assert instance.wait(timeout=5) == 0
