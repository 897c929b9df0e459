"""Letter after letter to the function, and a word about each."""

from __future__ import annotations

from facescreen_cli.commands.redrive import text
from facescreen_cli.commands.redrive.causes import cause_of
from facescreen_cli.commands.redrive.dead_letters import Letter
from facescreen_cli.commands.redrive.redriving import NotRedrivenError, Redriving
from facescreen_cli.exit_codes import FAILED, INTERRUPTED, OK
from facescreen_cli.interrupt import StopRequestedError, StopSignal


def send(redriving: Redriving, letters: list[Letter], stop: StopSignal, *, as_json: bool) -> int:
    """The exit code. Once `stop` asks for it, no more are sent."""
    sent = 0
    for one in letters:
        try:
            _send(redriving, one)
        except NotRedrivenError as why:
            text.letter(one, "kept", str(why), as_json=as_json)
        except StopRequestedError:
            break
        else:
            sent += 1
            text.letter(one, "sent again", as_json=as_json)
    text.ended(sent, len(letters) - sent, as_json=as_json)
    if stop.interrupted:
        return INTERRUPTED
    return OK if sent == len(letters) else FAILED


def _send(redriving: Redriving, letter: Letter) -> None:
    cause = cause_of(letter.error)
    if not cause.again:
        raise NotRedrivenError(cause.remedy)
    redriving.redrive(letter)
