"""Draws docs/demo.svg: the output of one run of ``facescreen demo --once``, which is also written
to docs/local-cloud.md as text.

    make picture
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.text import Text

PROJECT = Path(__file__).parents[1]
PICTURE, PAGE = PROJECT / "docs" / "demo.svg", PROJECT / "docs" / "local-cloud.md"
COMMAND = "facescreen demo --once"
_WIDTH = 120
_BLOCK = re.compile(rf"^```\n\$ {COMMAND}\n.*?^```$", re.DOTALL | re.MULTILINE)
_WEB_FONT = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
"""A picture in a README may not load one."""
_COLORS = {
    r"\blow_risk\b": "green",
    r"\bhigh_risk\b": "bold red",
    r"\bunscreenable\b": "yellow",
}


def run_demo() -> str:
    """The lines that the demo prints, without spaces at their ends. Raises CalledProcessError."""
    facescreen = Path(sys.executable).with_name("facescreen")
    arguments = COMMAND.split()[1:]
    environment = {**os.environ, "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true"}
    output = subprocess.run(
        [facescreen, *arguments], check=True, stdout=subprocess.PIPE, text=True, env=environment
    ).stdout
    return "\n".join(line.rstrip() for line in output.rstrip().splitlines())


def draw(output: str) -> str:
    """An SVG of a terminal that shows `output`, with the verdicts in colour."""
    console = Console(record=True, width=_WIDTH, file=StringIO())
    text = Text(f"$ {COMMAND}\n{output}")
    for pattern, color in _COLORS.items():
        text.highlight_regex(pattern, color)
    console.print(text)
    title = f"One run on a machine with {os.cpu_count()} cores"
    return _WEB_FONT.sub("", console.export_svg(title=title, unique_id="demo"))


if __name__ == "__main__":
    result = run_demo()
    PICTURE.write_text(draw(result))
    PAGE.write_text(_BLOCK.sub(lambda _: f"```\n$ {COMMAND}\n{result}\n```", PAGE.read_text()))
