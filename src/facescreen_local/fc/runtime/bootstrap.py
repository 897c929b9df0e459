"""Runs in each function instance and calls its handlers like Function Compute's Python runtime.

Started by path as ``bootstrap.py FD CODE``. It uses the standard library only, because the
interpreter can be any Python from 3.10. It reads one JSON object per line from the socket FD,
``{"call": "module.function", "context": {…}, "event": base64 or null}``, and writes ``{"ok": …,
"payload": base64}`` for each: the handler's result, or its error in Function Compute's format. A
lifecycle handler has no event. stdout and stderr are the function's log.
"""

from __future__ import annotations

import base64
import contextlib
import importlib
import json
import os
import queue
import socket
import sys
import threading
import traceback
from pathlib import Path
from typing import IO, Any

_MAX_RESULT_BYTES = 32 * 1024 * 1024


class HandlerContext:
    """Nested mappings as attributes. Its repr shows no values, because some are secrets."""

    def __init__(self, values: dict[str, Any]) -> None:
        for name, value in values.items():
            setattr(self, name, HandlerContext(value) if isinstance(value, dict) else value)


def main() -> None:
    """Handle calls one at a time, in the main thread, until the socket closes."""
    descriptor, code = int(sys.argv[1]), sys.argv[2]
    # The function's modules come first, and the modules next to this file are not importable.
    sys.path[:] = [code, *(path for path in sys.path if path != str(Path(__file__).parent))]
    for stream in (sys.stdout, sys.stderr):
        # Instances share a log file: writing whole lines keeps their output apart.
        stream.reconfigure(line_buffering=True, write_through=False)  # type: ignore[union-attr]
    connection = socket.socket(fileno=descriptor)
    connection.set_inheritable(False)
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(
        target=_receive_lines_until_parent_exits,
        args=(connection.makefile("rb"), lines),
        daemon=True,
    ).start()
    while True:
        reply = _handle_call(json.loads(lines.get()))
        connection.sendall(json.dumps(reply).encode() + b"\n")


def _receive_lines_until_parent_exits(calls: IO[bytes], lines: queue.SimpleQueue[bytes]) -> None:
    # A parent process that is killed resets the connection.
    with contextlib.suppress(ConnectionResetError):
        for line in calls:
            lines.put(line)
    # Exit with the parent process, even in the middle of a handler.
    os._exit(0)


def _handle_call(call: dict[str, Any]) -> dict[str, Any]:
    try:
        payload, ok = _run_handler(call), True
    except Exception as error:  # noqa: BLE001 - every exception of a function is its result
        payload, ok = json.dumps(_describe_error(error)).encode(), False
    return {"ok": ok, "payload": base64.b64encode(payload).decode()}


def _run_handler(call: dict[str, Any]) -> bytes:
    module, _, name = call["call"].rpartition(".")
    handler = getattr(importlib.import_module(module.replace("/", ".")), name)
    context = HandlerContext(call["context"])
    if call["event"] is None:
        result = handler(context)
    else:
        result = handler(base64.b64decode(call["event"]), context)
    payload = _encode_result(result)
    if len(payload) > _MAX_RESULT_BYTES:
        raise ValueError(f"the result has {len(payload)} bytes, the maximum is {_MAX_RESULT_BYTES}")
    return payload


def _encode_result(result: object) -> bytes:
    if isinstance(result, bytes):
        return result
    return (result if isinstance(result, str) else json.dumps(result)).encode()


def _describe_error(error: Exception) -> dict[str, Any]:
    frames = traceback.extract_tb(error.__traceback__)
    return {
        "errorMessage": str(error),
        "errorType": type(error).__name__,
        "stackTrace": [
            [f'File "{frame.filename}"', f"line {frame.lineno}", f"in {frame.name}", frame.line]
            for frame in frames
            if frame.filename != __file__
        ],
    }


if __name__ == "__main__":
    main()
