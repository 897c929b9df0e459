"""Runs inside each function instance: calls its handlers as Function Compute's Python does.

Started by path as ``bootstrap.py FD CODE``, standard library only, for the interpreter may be any
Python from 3.10. Over the socket FD comes one JSON object a line, ``{"call": "module.function",
"context": {…}, "event": base64 or null}``, and each is answered by ``{"ok": …, "payload":
base64}``: the handler's result, or its error in Function Compute's form. A lifecycle handler has
no event. stdout and stderr stay the function's own log.
"""

from __future__ import annotations

import base64
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

_LARGEST_RESULT = 32 * 1024 * 1024


class Context:
    """Nested mappings as attributes; its text shows no value, since some are secrets."""

    def __init__(self, values: dict[str, Any]) -> None:
        for name, value in values.items():
            setattr(self, name, Context(value) if isinstance(value, dict) else value)


def main() -> None:
    """Serves calls one at a time, in this process's main thread, until the socket closes."""
    descriptor, code = int(sys.argv[1]), sys.argv[2]
    # The function finds its own modules first, and none of those beside this file.
    sys.path[:] = [code, *(path for path in sys.path if path != str(Path(__file__).parent))]
    for stream in (sys.stdout, sys.stderr):
        # Instances share a log file: a whole line each write keeps their lines apart.
        stream.reconfigure(line_buffering=True, write_through=False)  # type: ignore[union-attr]
    connection = socket.socket(fileno=descriptor)
    connection.set_inheritable(False)
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(connection.makefile("rb"), lines), daemon=True).start()
    while True:
        reply = _reply(json.loads(lines.get()))
        connection.sendall(json.dumps(reply).encode() + b"\n")


def _receive(calls: IO[bytes], lines: queue.SimpleQueue[bytes]) -> None:
    for line in calls:
        lines.put(line)
    # Without its parent an instance must not live on, not even one in the middle of a handler.
    os._exit(0)


def _reply(call: dict[str, Any]) -> dict[str, Any]:
    try:
        payload, ok = _result(call), True
    except Exception as error:  # noqa: BLE001 - whatever a function raises is its answer
        payload, ok = json.dumps(_failure(error)).encode(), False
    return {"ok": ok, "payload": base64.b64encode(payload).decode()}


def _result(call: dict[str, Any]) -> bytes:
    module, _, name = call["call"].rpartition(".")
    handler = getattr(importlib.import_module(module.replace("/", ".")), name)
    context = Context(call["context"])
    if call["event"] is None:
        result = handler(context)
    else:
        result = handler(base64.b64decode(call["event"]), context)
    payload = _encoded(result)
    if len(payload) > _LARGEST_RESULT:
        raise ValueError(f"the result has {len(payload)} bytes, of {_LARGEST_RESULT} allowed")
    return payload


def _encoded(result: object) -> bytes:
    if isinstance(result, bytes):
        return result
    return (result if isinstance(result, str) else json.dumps(result)).encode()


def _failure(error: Exception) -> dict[str, Any]:
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
