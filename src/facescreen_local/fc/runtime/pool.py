"""A function's instances: idle ones are reused, dead ones replaced, up to its concurrency."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from facescreen_local.auth.account import LocalAccount
from facescreen_local.fc.runtime.deployed_function import DeployedFunction
from facescreen_local.fc.runtime.instance import FunctionInstance


class AllInstancesBusyError(Exception):
    """All instances are busy, and the function's concurrency allows no more."""


class InstancePool:
    """Lends the instances of one function, each to one invocation at a time."""

    def __init__(
        self, deployed_function: DeployedFunction, account: LocalAccount, log: Path
    ) -> None:
        """`log` is the file for the function's stdout and stderr."""
        self.deployed_function = deployed_function
        self.function = deployed_function.function
        self._account = account
        self._log = log.open("ab", buffering=0)
        self._slots = asyncio.Semaphore(self.function.concurrency)
        self._idle: list[FunctionInstance] = []
        self._busy: set[FunctionInstance] = set()

    @asynccontextmanager
    async def reserve_instance(self, wait_s: float) -> AsyncIterator[FunctionInstance]:
        """Reserve an instance. Raises AllInstancesBusyError if none is free after `wait_s`."""
        if self._slots.locked() and wait_s <= 0:
            raise AllInstancesBusyError
        try:
            await asyncio.wait_for(self._slots.acquire(), wait_s or None)
        except asyncio.TimeoutError as error:
            raise AllInstancesBusyError from error
        try:
            async with self._lend_instance() as instance:
                yield instance
        finally:
            self._slots.release()

    def kill_busy_instances(self) -> None:
        """Send SIGKILL to every instance with a running invocation."""
        for instance in self._busy:
            instance.kill()

    def kill_caller(self, authorization: str) -> None:
        """Send SIGKILL to the instance that signed a request with this ``Authorization``."""
        for instance in self._busy:
            if instance.access_key_id in authorization:
                instance.kill()

    async def close(self) -> None:
        """Stop every instance."""
        self.kill_busy_instances()
        await asyncio.gather(*(instance.stop() for instance in [*self._idle, *self._busy]))
        self._idle.clear()
        self._log.close()

    @asynccontextmanager
    async def _lend_instance(self) -> AsyncIterator[FunctionInstance]:
        instance = await self._reuse_idle() or self._create_instance()
        self._busy.add(instance)
        try:
            yield instance
        finally:
            self._busy.remove(instance)
            if instance.is_ready:
                self._idle.append(instance)
            else:
                await instance.stop()

    async def _reuse_idle(self) -> FunctionInstance | None:
        while self._idle:
            instance = self._idle.pop()
            if instance.is_ready:
                return instance
            await instance.stop()
        return None

    def _create_instance(self) -> FunctionInstance:
        return FunctionInstance(
            self.deployed_function, self._account.issue_temporary_key(), self._log
        )
