"""Functions run by AWS's runtime client, as Lambda runs them."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.e2e.aws.conftest import MakeToyFunction
from tests.e2e.aws.package import make_managed_runtime
from tests.e2e.aws.runtime_api import FunctionError
from tests.support.wait import wait_for


def test_a_handler_gets_its_event_and_its_context(
    make_toy_function: MakeToyFunction, log: Path
) -> None:
    function = make_toy_function(
        "echo", timeout_s=5, memory_mb=256, environment={"SCENE_CODE": "a"}
    )
    echoed = function.invoke({"key": "漢 é.jpg"})
    assert echoed["event"] == {"key": "漢 é.jpg"}
    assert (echoed["name"], echoed["memory"]) == ("toy", "256")
    assert echoed["arn"] == function.configuration.arn
    assert 4000 < echoed["left_ms"] <= 5000
    assert log.read_text() == "echo was here\n"


def test_a_function_does_not_inherit_the_environment(make_toy_function: MakeToyFunction) -> None:
    environment = make_toy_function("echo", environment={"SCENE_CODE": "a"}).invoke({})[
        "environment"
    ]
    assert environment["SCENE_CODE"] == "a"
    assert environment["AWS_SESSION_TOKEN"]
    assert set(os.environ) & set(environment) <= {"LANG", "PATH", "TZ", "AWS_REGION"}


def test_a_function_can_import_only_its_code_and_lambdas_packages(
    make_toy_function: MakeToyFunction, tmp_path: Path
) -> None:
    runtime = make_managed_runtime(tmp_path / "runtime")
    function = make_toy_function("importing", timeout_s=10, runtime=runtime)
    assert function.invoke("boto3") == str(runtime / "boto3" / "__init__.py")
    assert function.invoke("toys") == str(function.configuration.code / "toys.py")
    with pytest.raises(FunctionError, match="ModuleNotFoundError: No module named 'httpx'"):
        function.invoke("httpx")
    assert make_toy_function("importing", timeout_s=10).invoke("httpx")


def test_an_instance_serves_one_invocation_after_another(
    make_toy_function: MakeToyFunction,
) -> None:
    function = make_toy_function("echo")
    first, second = function.invoke(1), function.invoke(2)
    assert first["pid"] == second["pid"]
    assert first["request_id"] != second["request_id"]


def test_an_exception_reaches_the_caller_and_the_instance_survives(
    make_toy_function: MakeToyFunction, log: Path
) -> None:
    function = make_toy_function("failing")
    for word in ("this", "that"):
        with pytest.raises(FunctionError) as error:
            function.invoke(word)
        assert (error.value.error_type, error.value.message) == ("LookupError", f"no {word}")
    assert log.read_text().count("[ERROR] LookupError: no th") == 2


def test_a_function_that_takes_too_long_is_killed(make_toy_function: MakeToyFunction) -> None:
    function = make_toy_function("slow", timeout_s=0.5)
    pid = function.invoke(0)
    with pytest.raises(FunctionError, match=r"Sandbox\.Timedout: Task timed out after 0\.50 s"):
        function.invoke(30)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert function.invoke(0) != pid


@pytest.mark.parametrize(("status", "expected"), [(0, "exit status 0"), (3, "exit status 3")])
def test_a_crash_is_detected_immediately(
    make_toy_function: MakeToyFunction, status: int, expected: str
) -> None:
    function = make_toy_function("crashing", timeout_s=60)
    started_at = time.monotonic()
    with pytest.raises(FunctionError, match=f"Runtime.ExitError: .*{expected}"):
        function.invoke(status)
    assert time.monotonic() - started_at < 10


def test_a_killed_instance_is_detected(make_toy_function: MakeToyFunction) -> None:
    function = make_toy_function("slow", timeout_s=60)
    function.invoke(0)
    with ThreadPoolExecutor() as pool:
        running = pool.submit(function.invoke, 30)
        wait_for(lambda: function.busy == 1, "its invocation")
        function.kill()
        with pytest.raises(FunctionError, match=r"Runtime\.ExitError: .*SIGKILL"):
            running.result()


def test_a_missing_handler_fails_the_invocation(
    make_toy_function: MakeToyFunction,
) -> None:
    with pytest.raises(FunctionError, match=r"Runtime\.HandlerNotFound: .*'nothing' missing"):
        make_toy_function("nothing").invoke({})


def test_concurrent_invocations_run_in_separate_instances(
    make_toy_function: MakeToyFunction,
) -> None:
    function = make_toy_function("slow", concurrency=2)
    with ThreadPoolExecutor() as pool:
        assert len(set(pool.map(function.invoke, [1, 1]))) == 2
        running = [pool.submit(function.invoke, 1) for _ in range(2)]
        wait_for(lambda: function.busy == 2, "both invocations")
        with pytest.raises(FunctionError, match="TooManyRequestsException"):
            function.invoke(0)
        assert len({finished.result() for finished in running}) == 2
