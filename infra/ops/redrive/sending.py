"""Letter after letter to the function, and a word about each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.ops.redrive import telling
from infra.ops.redrive.causes import cause_of
from infra.ops.redrive.redriving import Kept
from infra.ops.screen.halt import Halted
from infra.ops.screen.report import INTERRUPTED, NOT_ALL_SCREENED

if TYPE_CHECKING:
    from infra.ops.redrive.letters import Letter
    from infra.ops.redrive.redriving import Redriving
    from infra.ops.screen.halt import Halt


def send(redriving: Redriving, letters: list[Letter], halt: Halt, *, as_json: bool) -> int:
    """The exit code. Once `halt` asks for it, no more are sent."""
    sent = 0
    for one in letters:
        try:
            _send(redriving, one)
        except Kept as why:
            telling.letter(one, "kept", str(why), as_json=as_json)
        except Halted:
            break
        else:
            sent += 1
            telling.letter(one, "sent again", as_json=as_json)
    telling.ended(sent, len(letters) - sent, as_json=as_json)
    if halt.interrupted:
        return INTERRUPTED
    return 0 if sent == len(letters) else NOT_ALL_SCREENED


def _send(redriving: Redriving, letter: Letter) -> None:
    cause = cause_of(letter.error)
    if not cause.again:
        raise Kept(cause.remedy)
    redriving.redrive(letter)
