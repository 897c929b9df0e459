"""Handlers for the tests of the Lambda emulator."""

from __future__ import annotations

import importlib
import os
import time
from pathlib import Path
from typing import Any


def echo(event: Any, context: Any) -> dict[str, Any]:
    print("echo was here")  # noqa: T201
    return {
        "event": event,
        "pid": os.getpid(),
        "request_id": context.aws_request_id,
        "arn": context.invoked_function_arn,
        "name": context.function_name,
        "memory": context.memory_limit_in_mb,
        "left_ms": context.get_remaining_time_in_millis(),
        "environment": dict(os.environ),
    }


def importing(event: str, context: Any) -> str | None:
    return importlib.import_module(event).__file__


def failing(event: Any, context: Any) -> None:
    raise LookupError(f"no {event}")


def slow(event: float, context: Any) -> int:
    time.sleep(event)
    return os.getpid()


def crashing(event: Any, context: Any) -> None:
    os._exit(event if isinstance(event, int) else 1)


def malformed(event: Any, context: Any) -> str:
    return "done"


def batch(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Append every body to the file named by NOTES. Bodies that start with ``bad`` fail."""
    time.sleep(float(os.environ.get("SECONDS", "0")))
    with Path(os.environ["NOTES"]).open("a") as notes:
        notes.writelines(
            f"{record['body']} {record['attributes']['ApproximateReceiveCount']}\n"
            for record in event["Records"]
        )
    bad = [r["messageId"] for r in event["Records"] if r["body"].startswith("bad")]
    return {"batchItemFailures": [{"itemIdentifier": id_} for id_ in bad]}
