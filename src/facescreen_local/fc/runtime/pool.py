"""A function's instances: reused when idle, started up to its concurrency, replaced when dead."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from facescreen_local.auth.account import Identity
from facescreen_local.fc.runtime.deployment import Deployment
from facescreen_local.fc.runtime.instance import Instance


class AllInstancesBusyError(Exception):
    """All the instances that the function may have are busy."""


class Pool:
    """Lends the instances of one function, each to one invocation at a time."""

    def __init__(self, deployment: Deployment, identity: Identity, log: Path) -> None:
        """`log` is the file that takes what the function writes to stdout and stderr."""
        self.deployment = deployment
        self.function = deployment.function
        self._identity = identity
        self._log = log.open("ab", buffering=0)
        self._slots = asyncio.Semaphore(self.function.concurrency)
        self._idle: list[Instance] = []
        self._busy: set[Instance] = set()

    @asynccontextmanager
    async def instance(self, wait_s: float) -> AsyncIterator[Instance]:
        """An instance of one's own; raises AllInstancesBusyError when none comes free in `wait_s`
        seconds."""
        if self._slots.locked() and wait_s <= 0:
            raise AllInstancesBusyError
        try:
            await asyncio.wait_for(self._slots.acquire(), wait_s or None)
        except asyncio.TimeoutError as error:
            raise AllInstancesBusyError from error
        try:
            async with self._lent() as instance:
                yield instance
        finally:
            self._slots.release()

    def kill_busy(self) -> None:
        """SIGKILLs every instance that is in the middle of an invocation."""
        for instance in self._busy:
            instance.kill()

    async def close(self) -> None:
        """Ends every instance."""
        self.kill_busy()
        await asyncio.gather(*(instance.end() for instance in [*self._idle, *self._busy]))
        self._idle.clear()
        self._log.close()

    @asynccontextmanager
    async def _lent(self) -> AsyncIterator[Instance]:
        instance = await self._reused() or self._new()
        self._busy.add(instance)
        try:
            yield instance
        finally:
            self._busy.remove(instance)
            if instance.ready:
                self._idle.append(instance)
            else:
                await instance.end()

    async def _reused(self) -> Instance | None:
        while self._idle:
            instance = self._idle.pop()
            if instance.ready:
                return instance
            await instance.end()
        return None

    def _new(self) -> Instance:
        return Instance(self.deployment, self._identity.issue_temporary_key(), self._log)
