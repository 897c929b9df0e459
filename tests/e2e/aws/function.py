"""A Lambda function that runs one instance for each concurrent invocation and reuses idle ones."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from facescreen_local.background_loop import BackgroundLoop
from tests.e2e.aws.configuration import FunctionConfiguration
from tests.e2e.aws.instance import LambdaInstance
from tests.e2e.aws.runtime_api import FunctionError

_MARGIN_S = 90
"""Added to a function's timeout, for starting an instance and killing one."""


class LambdaFunction:
    """``with LambdaFunction(...) as function: function.invoke(event)``, from any thread."""

    def __init__(
        self, configuration: FunctionConfiguration, loop: BackgroundLoop, log: Path
    ) -> None:
        """`log` is the file for the output of the instances."""
        self.configuration = configuration
        self._loop = loop
        self._log = log.open("ab", buffering=0)
        self._idle: list[LambdaInstance] = []
        self._busy: set[LambdaInstance] = set()

    def __enter__(self) -> LambdaFunction:
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.run(self._end())
        self._log.close()

    def invoke(self, event: Any) -> Any:
        """Invoke the handler and return its result. Raises FunctionError."""
        wait_s = self.configuration.timeout_s + _MARGIN_S
        return json.loads(self._loop.run(self._invoke(json.dumps(event).encode()), wait_s))

    @property
    def busy(self) -> int:
        """Number of instances that run or start an invocation."""
        return len(self._busy)

    def kill(self) -> None:
        """Kill every instance that runs an invocation with SIGKILL."""
        self._loop.run(self._kill())

    async def _invoke(self, event: bytes) -> bytes:
        async with self._borrow_instance() as instance:
            return await instance.invoke(event)

    @asynccontextmanager
    async def _borrow_instance(self) -> AsyncIterator[LambdaInstance]:
        if len(self._busy) >= self.configuration.concurrency:
            raise FunctionError("TooManyRequestsException", "Rate Exceeded.")
        instance = self._idle.pop() if self._idle else LambdaInstance(self.configuration, self._log)
        self._busy.add(instance)
        try:
            yield instance
        finally:
            self._busy.remove(instance)
            if instance.alive:
                self._idle.append(instance)
            else:
                await instance.end()

    async def _kill(self) -> None:
        await asyncio.gather(*(instance.kill() for instance in [*self._busy]))

    async def _end(self) -> None:
        await asyncio.gather(*(instance.end() for instance in [*self._idle, *self._busy]))
