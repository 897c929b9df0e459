"""Sends letters one by one, and prints the result of each."""

from __future__ import annotations

from facescreen_cli.commands.redrive import text
from facescreen_cli.commands.redrive.causes import find_cause
from facescreen_cli.commands.redrive.dead_letters import DeadLetter
from facescreen_cli.commands.redrive.redriver import NotRedrivenError, Redriver
from facescreen_cli.exit_codes import FAILED, INTERRUPTED, OK
from facescreen_cli.interrupt import StopRequestedError, StopSignal


def send_letters(
    redriver: Redriver, letters: list[DeadLetter], stop: StopSignal, *, as_json: bool
) -> int:
    """Send letters until a stop is requested. Returns the exit code."""
    sent = 0
    for letter in letters:
        try:
            _send_letter(redriver, letter)
        except NotRedrivenError as error:
            text.print_letter(letter, "kept", str(error), as_json=as_json)
        except StopRequestedError:
            break
        else:
            sent += 1
            text.print_letter(letter, "sent again", as_json=as_json)
    text.print_summary(sent, len(letters) - sent, as_json=as_json)
    if stop.interrupted:
        return INTERRUPTED
    return OK if sent == len(letters) else FAILED


def _send_letter(redriver: Redriver, letter: DeadLetter) -> None:
    cause = find_cause(letter.error)
    if not cause.can_redrive:
        raise NotRedrivenError(cause.remedy)
    redriver.redrive(letter)
