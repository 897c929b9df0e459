"""Runs in the target's Python, and writes bytecode beside the sources.

Started by its path as ``compiler.py FOLDER CODE``, with the standard library only. stdin holds the
paths of the sources below FOLDER, one per line; CODE is where the platform unpacks FOLDER. Files
that don't compile are skipped.

Each file is compiled in its own process, forked from the same parent: marshal records which objects
are referenced elsewhere, and that depends on what was compiled before.
"""

from __future__ import annotations

import os
import py_compile
import sys
import warnings

_INVALIDATION_MODE = py_compile.PycInvalidationMode.UNCHECKED_HASH


def main() -> int:
    """Compile the files. Returns the exit status: 1 if a file could not be written."""
    folder, code = sys.argv[1:]
    warnings.simplefilter("ignore")
    sources = sys.stdin.read().splitlines()
    running, failed = 0, 0
    for source in sources:
        if os.fork() == 0:
            _compile(folder, code, source)
        running += 1
        if running > (os.cpu_count() or 1):
            failed |= os.wait()[1]
            running -= 1
    while running:
        failed |= os.wait()[1]
        running -= 1
    return int(failed != 0)


def _compile(folder: str, code: str, source: str) -> None:
    status = 1
    try:
        py_compile.compile(
            f"{folder}/{source}", dfile=f"{code}/{source}", doraise=True,
            invalidation_mode=_INVALIDATION_MODE,
        )  # fmt: skip
        status = 0
    except py_compile.PyCompileError:
        status = 0
    except OSError as error:
        os.write(2, f"{source}: {error.strerror}\n".encode())
    finally:
        os._exit(status)


if __name__ == "__main__":
    sys.exit(main())
