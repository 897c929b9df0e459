"""One execution environment: a process of AWS's runtime client, awslambdaric."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Coroutine
from typing import IO, TypeVar

from tests.e2e.aws.configuration import FunctionConfiguration
from tests.e2e.aws.runtime_api import FunctionError, LambdaInvocation, RuntimeApi

T = TypeVar("T")

_MAX_INIT_S = 60
"""Lambda allows 10 s. Here two cores may start many instances at the same time."""


class LambdaInstance:
    """Runs one invocation at a time until its process ends."""

    def __init__(self, configuration: FunctionConfiguration, log: IO[bytes]) -> None:
        """`log` receives the function's stdout and stderr."""
        self._configuration = configuration
        self._log = log
        self._api = RuntimeApi()
        self._process: asyncio.subprocess.Process | None = None

    @property
    def alive(self) -> bool:
        """Whether it can take another invocation."""
        return self._process is not None and self._process.returncode is None

    async def invoke(self, event: bytes) -> bytes:
        """Invoke the handler and return its result as JSON. Raises FunctionError."""
        process = self._process or await self._start()
        seconds = self._configuration.timeout_s
        invocation = LambdaInvocation(event, self._configuration.arn, time.time() + seconds)
        return await self._run_within(seconds, process, self._api.run_invocation(invocation))

    async def kill(self) -> None:
        """Kill the process and its children with SIGKILL."""
        if self._process is not None:
            # The process group still exists if the process ended but left children behind.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            await self._process.wait()

    async def end(self) -> None:
        """Kill the process without notifying the handler, as Lambda does."""
        await self.kill()
        await self._api.stop()

    async def _start(self) -> asyncio.subprocess.Process:
        configuration = self._configuration
        address = await self._api.start()
        process = self._process = await asyncio.create_subprocess_exec(
            *configuration.command,
            cwd=configuration.code,
            env={**configuration.environment_variables(), "AWS_LAMBDA_RUNTIME_API": address},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            # A process group can be killed as a whole, and Ctrl-C in a terminal does not reach it.
            start_new_session=True,
        )
        await self._run_within(_MAX_INIT_S, process, self._api.wait_until_initialized())
        return process

    async def _run_within(
        self,
        seconds: float,
        process: asyncio.subprocess.Process,
        work: Coroutine[object, object, T],
    ) -> T:
        """Return the result of `work`. Raises FunctionError if the process ends or times out."""
        task, exit_status = asyncio.ensure_future(work), asyncio.ensure_future(process.wait())
        await asyncio.wait(
            {task, exit_status}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
        )
        try:
            if task.done():
                return task.result()
            if exit_status.done():
                raise FunctionError("Runtime.ExitError", exit_message(exit_status.result()))
            await self.kill()
            raise FunctionError("Sandbox.Timedout", f"Task timed out after {seconds:.2f} seconds")
        finally:
            task.cancel()
            exit_status.cancel()


def exit_message(status: int) -> str:
    end = f"signal: {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
    return f"Runtime exited with error: {end}"
