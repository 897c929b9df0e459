"""The script ``facescreen``. It is installed with every extra, and without any."""

from __future__ import annotations

import sys

from facescreen import __version__

_MISSING_PACKAGE_MESSAGE = """\
Error: the command line needs {name}, which is not installed. Install the wheel with an extra: \
`pip install "facescreen-{version}-py3-none-any.whl[cli]"`, or with [client] for a command line \
without the local cloud.
"""
_FAILED_EXIT_CODE = 2


def main() -> None:
    """Run the command line, or say how to install what it needs."""
    try:
        from facescreen_cli.main import main as run_command_line

        run_command_line()
    except ModuleNotFoundError as error:
        name = (error.name or "").partition(".")[0]
        if not name or name.startswith("facescreen"):
            raise
        sys.stderr.write(_MISSING_PACKAGE_MESSAGE.format(name=name, version=__version__))
        sys.exit(_FAILED_EXIT_CODE)
