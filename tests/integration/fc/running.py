"""Runs the local Function Compute with a small s.yaml and handlers."""

from __future__ import annotations

import asyncio
import json
import textwrap
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from facescreen_local.auth.account import LocalAccount
from facescreen_local.background_loop import BackgroundLoop
from facescreen_local.fc.functions import DeployedFunctions
from facescreen_local.fc.service import FcService
from facescreen_serverless_devs.functions import load_functions

REGION = "ap-southeast-1"
DEAD_LETTER_ARN = "acs:mns:ap-southeast-1:1:/queues/dead/messages"


def make_project(folder: Path, handlers: str, **props: Any) -> Path:
    """Write ``code/index.py`` and an s.yaml whose one function runs it. Returns its path."""
    code = folder / "code"
    code.mkdir(exist_ok=True)
    (code / "index.py").write_text(textwrap.dedent(handlers))
    function = {
        "region": REGION,
        "functionName": "screen",
        "runtime": "python3.10",
        "handler": "index.handler",
        "code": "./code",
        "timeout": 5,
        "asyncInvokeConfig": {
            "maxAsyncRetryAttempts": 1,
            "destinationConfig": {"onFailure": {"destination": DEAD_LETTER_ARN}},
        },
        "triggers": [
            {
                "triggerName": "created",
                "triggerType": "oss",
                "sourceArn": f"acs:oss:{REGION}:1:selfies",
                "triggerConfig": {
                    "events": ["oss:ObjectCreated:PutObject"],
                    "filter": {"key": {"prefix": "", "suffix": ""}},
                },
            }
        ],
        **props,
    }
    document = {
        "edition": "3.0.0",
        "name": "test",
        "resources": {"screen": {"component": "fc3", "props": function}},
    }
    path = folder / "s.yaml"
    path.write_text(json.dumps(document))
    return path


def oss_record(key: str = "a.jpg") -> dict[str, Any]:
    """Return one OSS event record with the fields that triggers and tests read."""
    return {
        "eventName": "ObjectCreated:PutObject",
        "oss": {"bucket": {"name": "selfies"}, "object": {"key": key}},
    }


@dataclass
class DeadLetterRecorder:
    """A destination callback that records the dead letters."""

    records: list[dict[str, Any]] = field(default_factory=list)
    refuse: bool = False

    async def __call__(self, arn: str, body: bytes) -> None:
        assert arn == DEAD_LETTER_ARN
        if self.refuse:
            raise ConnectionError("no such queue")
        self.records.append(json.loads(body))


@dataclass
class RunningFc:
    service: FcService
    local_account: LocalAccount
    dead_letters: DeadLetterRecorder
    folder: Path

    @property
    def functions(self) -> DeployedFunctions:
        return self.service.functions

    @property
    def statuses(self) -> list[str]:
        return [invocation.status for invocation in self.functions.invocations]

    @property
    def log(self) -> list[str]:
        return (self.folder / "data" / "logs" / "screen.log").read_text().splitlines()


async def wait_for(condition: Callable[[], object]) -> None:
    """Poll until `true()`; fail after 10 s."""
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


@asynccontextmanager
async def run_fc(folder: Path, handlers: str, **props: Any) -> AsyncIterator[RunningFc]:
    """Run the service with one function. Retries come after 10 ms."""
    local_account, dead_letters = LocalAccount.create(), DeadLetterRecorder()
    functions = DeployedFunctions(
        load_functions(make_project(folder, handlers, **props), {}),
        local_account,
        folder / "data",
        region=REGION,
        destination=dead_letters,
        behaviour=lambda: service.behaviour,
    )
    service = FcService(local_account, functions)
    service.behaviour.retry_delay_ms = 10
    await service.start()
    try:
        yield RunningFc(service, local_account, dead_letters, folder)
    finally:
        await service.stop()


@contextmanager
def run_fc_in_background(
    folder: Path, handlers: str, **props: Any
) -> Iterator[tuple[RunningFc, BackgroundLoop]]:
    """`run_fc` in a background event loop, for the vendor's SDKs, which block."""
    with BackgroundLoop() as loop:
        context = run_fc(folder, handlers, **props)
        fc = loop.run(context.__aenter__())
        try:
            yield fc, loop
        finally:
            loop.run(context.__aexit__(None, None, None))
