"""One function instance: a process that handles one invocation at a time."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import signal
import socket
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Literal

from facescreen_local.auth.account import AccessKey
from facescreen_local.fc.runtime.deployed_function import DeployedFunction
from facescreen_serverless_devs.model import Hook

_BOOTSTRAP_FILE = Path(__file__).with_name("bootstrap.py")
_EXIT_TIMEOUT_S = 1
_MAX_REPLY_BYTES = 48 * 1024 * 1024
"""Enough for a result of 32 MB in Base64."""

InvocationStatus = Literal["ok", "error", "timeout", "killed"]


@dataclass(frozen=True)
class InvocationResult:
    """How an invocation ended and what it returned."""

    status: InvocationStatus
    payload: bytes = field(repr=False)
    """The handler's result, or ``{"errorMessage", "errorType", "stackTrace"}``."""
    error_type: str = ""


@dataclass(frozen=True)
class _RunningProcess:
    """An instance's process, and the two directions of its socket."""

    process: asyncio.subprocess.Process
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def kill(self) -> None:
        if self.process.returncode is None:
            # The process may have ended before the event loop has noticed.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)

    async def exchange(self, call: Mapping[str, object]) -> bytes:
        """Send one line of JSON and return the reply, empty if the process has ended."""
        try:
            self.writer.write(json.dumps(call).encode() + b"\n")
            await self.writer.drain()
            return await self.reader.readline()
        except ConnectionError:
            return b""


class FunctionInstance:
    """A process for one function, started by the first invocation and not restarted once it has
    ended."""

    def __init__(self, deployed_function: DeployedFunction, key: AccessKey, log: IO[bytes]) -> None:
        """`log` receives the function's stdout and stderr."""
        self._deployed_function = deployed_function
        self._function = deployed_function.function
        self._key = key
        self._log = log
        self._running_process: _RunningProcess | None = None
        self._idle = False

    @property
    def access_key_id(self) -> str:
        """The id of its temporary key, which no other instance has."""
        return self._key.access_key_id

    @property
    def is_ready(self) -> bool:
        """Whether it can take an invocation now: initialized, idle and alive."""
        if self._running_process is None:
            return False
        # The socket shows the end of a process before the event loop notices its exit.
        return self._idle and not self._running_process.reader.at_eof()

    async def invoke(self, request_id: str, event: bytes) -> InvocationResult:
        """Call the handler; the first invocation calls the initializer before."""
        function = self._function
        if self._running_process is None:
            try:
                self._running_process = await self._start()
            except OSError as error:
                return _failure_result(
                    "error", f"cannot start an instance: {error}", "InstanceError"
                )
            if function.initializer is not None:
                result = await self._call_hook(
                    self._running_process, function.initializer, request_id
                )
                if result.status != "ok":
                    # The instance is unusable: the next attempt gets a new one.
                    self._idle = False
                    return _initializer_failure_result(function.initializer, result)
        hook = Hook(function.handler, function.timeout_s)
        return await self._call_hook(self._running_process, hook, request_id, event)

    def kill(self) -> None:
        """Send SIGKILL to the process and its children."""
        if self._running_process is not None:
            self._running_process.kill()

    async def stop(self) -> None:
        """Call ``pre_stop`` if the instance is idle, and end its process."""
        if self._running_process is None:
            return
        if self.is_ready and self._function.pre_stop is not None:
            await self._call_hook(self._running_process, self._function.pre_stop, str(uuid.uuid4()))
        self._running_process.kill()
        await self._running_process.process.wait()
        self._running_process.writer.close()

    async def _start(self) -> _RunningProcess:
        our_socket, child_socket = socket.socketpair()
        with child_socket, contextlib.ExitStack() as cleanup:
            reader, writer = await asyncio.open_unix_connection(
                sock=our_socket, limit=_MAX_REPLY_BYTES
            )
            cleanup.callback(writer.close)
            process = await asyncio.create_subprocess_exec(
                self._deployed_function.interpreter,
                str(_BOOTSTRAP_FILE),
                str(child_socket.fileno()),
                str(self._function.code),
                cwd=self._function.code,
                env=self._deployed_function.build_environment(self._key, f"c-{uuid.uuid4()}"),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=self._log,
                stderr=self._log,
                pass_fds=[child_socket.fileno()],
                # A new process group: it can be killed as a whole, and Ctrl-C does not reach it.
                start_new_session=True,
            )
            cleanup.pop_all()
        return _RunningProcess(process, reader, writer)

    async def _call_hook(
        self,
        running_process: _RunningProcess,
        hook: Hook,
        request_id: str,
        event: bytes | None = None,
    ) -> InvocationResult:
        self._idle = False
        call = {
            "call": hook.handler,
            "context": self._deployed_function.build_context(self._key, request_id),
            "event": None if event is None else base64.b64encode(event).decode(),
        }
        try:
            line = await asyncio.wait_for(running_process.exchange(call), hook.timeout_s)
        except asyncio.TimeoutError:
            running_process.kill()
            message = f"Function time out after {hook.timeout_s} seconds"
            return _failure_result("timeout", message, "FunctionTimeout")
        if not line:
            return await _wait_for_exit(running_process)
        self._idle = True
        return _parse_reply(json.loads(line))


def _parse_reply(reply: dict[str, Any]) -> InvocationResult:
    payload = base64.b64decode(reply["payload"])
    if reply["ok"]:
        return InvocationResult("ok", payload)
    return InvocationResult("error", payload, json.loads(payload)["errorType"])


async def _wait_for_exit(running_process: _RunningProcess) -> InvocationResult:
    """Wait for a process that has closed its socket, and return a result with its exit status."""
    try:
        status = await asyncio.wait_for(running_process.process.wait(), _EXIT_TIMEOUT_S)
    except asyncio.TimeoutError:
        running_process.kill()
        status = await running_process.process.wait()
    message = f"Process exited unexpectedly before completing request (exit status {status})"
    killed = status == -signal.SIGKILL
    return _failure_result("killed" if killed else "error", message, "FunctionProcessExited")


def _initializer_failure_result(initializer: Hook, result: InvocationResult) -> InvocationResult:
    error_fields = json.loads(result.payload)
    message = f"Initializer {initializer.handler} failed: {error_fields['errorMessage']}"
    payload = json.dumps({**error_fields, "errorMessage": message}).encode()
    return InvocationResult(result.status, payload, result.error_type)


def _failure_result(status: InvocationStatus, message: str, error_type: str) -> InvocationResult:
    """Return an error result of the platform itself."""
    error_fields = {"errorMessage": message, "errorType": error_type, "stackTrace": []}
    return InvocationResult(status, json.dumps(error_fields).encode(), error_type)
