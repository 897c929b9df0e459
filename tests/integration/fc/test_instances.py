"""Instances: initializers, timeouts, kills, and stopping."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from tests.integration.fc.running import oss_record, run_fc, wait_for

NO_RETRIES = {"asyncInvokeConfig": {"maxAsyncRetryAttempts": 0}}


async def test_an_initializer_runs_once_and_its_failure_fails_the_event(tmp_path: Path) -> None:
    handlers = """
        from pathlib import Path

        runs = []

        def initialize(context):
            runs.append(context.function.name)
            if not Path("ready").exists():
                raise OSError("not ready")

        def handler(event, context):
            print(runs)
    """
    lifecycle = {"initializer": {"handler": "index.initialize", "timeout": 5}}
    async with run_fc(tmp_path, handlers, instanceLifecycleConfig=lifecycle) as fc:
        fc.functions.deliver_bucket_event(oss_record())
        await fc.functions.wait_until_idle()
        [record] = fc.dead_letters.records
        body = json.loads(record["responsePayload"])
        assert body["errorMessage"] == "Initializer index.initialize failed: not ready"
        assert body["errorType"] == "OSError"
        assert fc.statuses == ["error", "error"]
        (tmp_path / "code" / "ready").touch()
        for _ in range(2):
            fc.functions.deliver_bucket_event(oss_record())
            await fc.functions.wait_until_idle()
        assert fc.log == ["['screen']"] * 2


async def test_an_initializer_has_its_own_timeout(tmp_path: Path) -> None:
    handlers = "import time\ndef initialize(context): time.sleep(30)\ndef handler(e, c): pass"
    lifecycle = {"initializer": {"handler": "index.initialize", "timeout": 1}}
    async with run_fc(tmp_path, handlers, instanceLifecycleConfig=lifecycle, **NO_RETRIES) as fc:
        fc.functions.deliver_bucket_event(oss_record())
        await fc.functions.wait_until_idle()
        assert fc.statuses == ["timeout"]


async def test_pre_stop_runs_when_the_service_stops(tmp_path: Path) -> None:
    handlers = "def handler(e, c): print('handled')\ndef pre_stop(context): print('stopping')"
    lifecycle = {"preStop": {"handler": "index.pre_stop", "timeout": 1}}
    async with run_fc(tmp_path, handlers, instanceLifecycleConfig=lifecycle) as fc:
        fc.functions.deliver_bucket_event(oss_record())
        await fc.functions.wait_until_idle()
    assert fc.log == ["handled", "stopping"]


async def test_a_function_past_its_timeout_is_killed_and_replaced(tmp_path: Path) -> None:
    handlers = """
        import os, subprocess, time
        from pathlib import Path

        def handler(event, context):
            print(os.getpid())
            if not Path("slow").exists():
                Path("slow").touch()
                print(subprocess.Popen(["/bin/sleep", "30"]).pid)
                time.sleep(30)
    """
    async with run_fc(tmp_path, handlers, timeout=1) as fc:
        fc.functions.deliver_bucket_event(oss_record())
        await fc.functions.wait_until_idle()
        assert fc.statuses == ["timeout", "ok"]
        first, child, second = fc.log
        assert first != second
        await wait_for(lambda: not is_alive(first) and not is_alive(child))


async def test_a_killed_instance_is_an_error_and_the_retry_succeeds(tmp_path: Path) -> None:
    handlers = """
        import time
        from pathlib import Path

        def handler(event, context):
            if not Path("begun").exists():
                Path("begun").touch()
                time.sleep(30)
    """
    async with run_fc(tmp_path, handlers) as fc:
        fc.functions.deliver_bucket_event(oss_record())
        await wait_for((tmp_path / "code" / "begun").exists)
        fc.functions.kill_busy_instances()
        await fc.functions.wait_until_idle()
        assert fc.statuses == ["killed", "ok"]
        assert fc.functions.invocations[0].error_type == "FunctionProcessExited"
    assert fc.dead_letters.records == []


async def test_only_the_instance_that_signed_a_request_is_killed(tmp_path: Path) -> None:
    handlers = """
        import time
        from pathlib import Path

        def handler(event, context):
            Path(context.credentials.access_key_id).touch()
            while not Path("finish").exists():
                time.sleep(0.02)
    """
    code = tmp_path / "code"
    async with run_fc(tmp_path, handlers, **NO_RETRIES) as fc:
        for _ in range(2):
            fc.functions.deliver_bucket_event(oss_record())
        await wait_for(lambda: len(list(code.glob("STS.*"))) == 2)
        key_id = next(code.glob("STS.*")).name
        fc.functions.kill_caller(f"OSS4-HMAC-SHA256 Credential={key_id}/20261130/region/oss")
        await wait_for(lambda: fc.statuses == ["killed"])
        (code / "finish").touch()
        await fc.functions.wait_until_idle()
        assert fc.statuses == ["killed", "ok"]


async def test_idle_instances_are_not_killed_and_a_dead_one_is_replaced(tmp_path: Path) -> None:
    handlers = "import os\ndef handler(event, context): print(os.getpid())"
    async with run_fc(tmp_path, handlers, **NO_RETRIES) as fc:

        async def pid() -> str:
            fc.functions.deliver_bucket_event(oss_record())
            await fc.functions.wait_until_idle()
            return fc.log[-1]

        first = await pid()
        fc.functions.kill_busy_instances()
        assert await pid() == first
        kill = await asyncio.create_subprocess_exec("/bin/kill", "-9", first)
        await kill.wait()
        await wait_for(lambda: not Path("/proc", first).exists())
        assert await pid() != first
        assert fc.statuses == ["ok"] * 3


async def test_stopping_ends_every_process(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    handlers = """
        import os, time

        def handler(event, context):
            print(os.getpid())
            time.sleep(30)
    """
    caplog.set_level("INFO")
    async with run_fc(tmp_path, handlers) as fc:
        fc.functions.deliver_bucket_event(oss_record())
        await wait_for(lambda: fc.log)
        assert is_alive(fc.log[0])
    assert not is_alive(fc.log[0])
    assert "stopped with pending events: 1" in caplog.text


def is_alive(pid: str) -> bool:
    """Whether the process runs. A zombie does not."""
    try:
        return Path("/proc", pid, "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
