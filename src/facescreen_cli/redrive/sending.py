"""Letter after letter to the function, and a word about each."""

from __future__ import annotations

from facescreen_cli.redrive import telling
from facescreen_cli.redrive.causes import cause_of
from facescreen_cli.redrive.letters import Letter
from facescreen_cli.redrive.redriving import Kept, Redriving
from facescreen_cli.screen.halt import Halt, Halted
from facescreen_cli.screen.report import INTERRUPTED, NOT_ALL_SCREENED


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
