"""One function instance: a process that answers one request at a time."""

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
from facescreen_local.fc.runtime.deployment import Deployment
from facescreen_serverless_devs.model import Hook

_BOOTSTRAP = Path(__file__).with_name("bootstrap.py")
_LAST_BREATH_S = 1
_LONGEST_LINE = 48 * 1024 * 1024
"""Holds a result of 32 MB in base64."""

Status = Literal["ok", "error", "timeout", "killed"]


@dataclass(frozen=True)
class Result:
    """How an invocation ended, and what its caller gets."""

    status: Status
    payload: bytes = field(repr=False)
    """The handler's result, or ``{"errorMessage", "errorType", "stackTrace"}``."""
    error_type: str = ""


@dataclass(frozen=True)
class _Running:
    """The process, and the two directions of its socket."""

    process: asyncio.subprocess.Process
    replies: asyncio.StreamReader
    calls: asyncio.StreamWriter

    def kill(self) -> None:
        if self.process.returncode is None:
            # It may have ended without the loop knowing yet.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)

    async def exchange(self, call: Mapping[str, object]) -> bytes:
        """One line of JSON to the process and one back, empty when the process has ended."""
        try:
            self.calls.write(json.dumps(call).encode() + b"\n")
            await self.calls.drain()
            return await self.replies.readline()
        except ConnectionError:
            return b""


class Instance:
    """Starts its process with the first invocation, and is of no more use once that has ended."""

    def __init__(self, deployment: Deployment, key: AccessKey, log: IO[bytes]) -> None:
        """`log` takes what the function writes to stdout and stderr."""
        self._deployment = deployment
        self._function = deployment.function
        self._key = key
        self._log = log
        self._running: _Running | None = None
        self._idle = False

    @property
    def ready(self) -> bool:
        """Whether it can take an invocation right away: initialized, idle and alive."""
        # The end of a process shows on its socket before the loop learns of its exit.
        return self._idle and self._running is not None and not self._running.replies.at_eof()

    async def invoke(self, request_id: str, event: bytes) -> Result:
        """Calls the handler, after the initializer where this is the first invocation."""
        function = self._function
        if self._running is None:
            try:
                self._running = await self._start()
            except OSError as error:
                return _failure("error", f"cannot start an instance: {error}", "InstanceError")
            if function.initializer is not None:
                result = await self._call(self._running, function.initializer, request_id)
                if result.status != "ok":
                    # Not fit for invocations: the next attempt gets a new instance.
                    self._idle = False
                    return _initializer_failed(function.initializer, result)
        hook = Hook(function.handler, function.timeout_s)
        return await self._call(self._running, hook, request_id, event)

    def kill(self) -> None:
        """SIGKILLs the process and what it started."""
        if self._running is not None:
            self._running.kill()

    async def end(self) -> None:
        """Calls ``pre_stop`` where the instance is idle, and ends its process."""
        if self._running is None:
            return
        if self.ready and self._function.pre_stop is not None:
            await self._call(self._running, self._function.pre_stop, str(uuid.uuid4()))
        self._running.kill()
        await self._running.process.wait()
        self._running.calls.close()

    async def _start(self) -> _Running:
        ours, theirs = socket.socketpair()
        with theirs, contextlib.ExitStack() as undo:
            replies, calls = await asyncio.open_unix_connection(sock=ours, limit=_LONGEST_LINE)
            undo.callback(calls.close)
            process = await asyncio.create_subprocess_exec(
                self._deployment.interpreter,
                str(_BOOTSTRAP),
                str(theirs.fileno()),
                str(self._function.code),
                cwd=self._function.code,
                env=self._deployment.environment(self._key, f"c-{uuid.uuid4()}"),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=self._log,
                stderr=self._log,
                pass_fds=[theirs.fileno()],
                # A group of its own: killed whole, and not reached by a terminal's Ctrl-C.
                start_new_session=True,
            )
            undo.pop_all()
        return _Running(process, replies, calls)

    async def _call(
        self, running: _Running, hook: Hook, request_id: str, event: bytes | None = None
    ) -> Result:
        self._idle = False
        call = {
            "call": hook.handler,
            "context": self._deployment.context(self._key, request_id),
            "event": None if event is None else base64.b64encode(event).decode(),
        }
        try:
            line = await asyncio.wait_for(running.exchange(call), hook.timeout_s)
        except asyncio.TimeoutError:
            running.kill()
            message = f"Function time out after {hook.timeout_s} seconds"
            return _failure("timeout", message, "FunctionTimeout")
        if not line:
            return await _died(running)
        self._idle = True
        return _answered(json.loads(line))


def _answered(reply: dict[str, Any]) -> Result:
    payload = base64.b64decode(reply["payload"])
    if reply["ok"]:
        return Result("ok", payload)
    return Result("error", payload, json.loads(payload)["errorType"])


async def _died(running: _Running) -> Result:
    """A process that ended by itself gets time to do so: its exit status tells why."""
    try:
        status = await asyncio.wait_for(running.process.wait(), _LAST_BREATH_S)
    except asyncio.TimeoutError:
        running.kill()
        status = await running.process.wait()
    message = f"Process exited unexpectedly before completing request (exit status {status})"
    killed = status == -signal.SIGKILL
    return _failure("killed" if killed else "error", message, "FunctionProcessExited")


def _initializer_failed(initializer: Hook, result: Result) -> Result:
    told = json.loads(result.payload)
    message = f"Initializer {initializer.handler} failed: {told['errorMessage']}"
    payload = json.dumps({**told, "errorMessage": message}).encode()
    return Result(result.status, payload, result.error_type)


def _failure(status: Status, message: str, error_type: str) -> Result:
    """What the platform itself says of a function that cannot speak."""
    told = {"errorMessage": message, "errorType": error_type, "stackTrace": []}
    return Result(status, json.dumps(told).encode(), error_type)
