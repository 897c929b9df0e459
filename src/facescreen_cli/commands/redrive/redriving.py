"""Redrives dead letters one by one, and prints the result of each."""

from __future__ import annotations

from facescreen_cli.commands.redrive import text
from facescreen_cli.commands.redrive.causes import find_cause
from facescreen_cli.commands.redrive.dead_letters import DeadLetter
from facescreen_cli.commands.redrive.redriver import NotRedrivenError, Redriver
from facescreen_cli.exit_codes import FAILED, INTERRUPTED, OK
from facescreen_cli.interrupt import StopRequestedError, StopSignal


def redrive_and_print(
    redriver: Redriver, letters: list[DeadLetter], stop: StopSignal, *, as_json: bool
) -> int:
    """Redrive dead letters until a stop is requested, and print a line for each and a summary.

    Returns the exit code.
    """
    sent = 0
    for letter in letters:
        try:
            _redrive_if_possible(redriver, letter)
        except NotRedrivenError as error:
            text.print_dead_letter(letter, "kept", str(error), as_json=as_json)
        except StopRequestedError:
            break
        else:
            sent += 1
            text.print_dead_letter(letter, "sent again", as_json=as_json)
    text.print_summary(sent, len(letters) - sent, as_json=as_json)
    if stop.interrupted:
        return INTERRUPTED
    return OK if sent == len(letters) else FAILED


def _redrive_if_possible(redriver: Redriver, letter: DeadLetter) -> None:
    cause = find_cause(letter.error)
    if not cause.can_redrive:
        raise NotRedrivenError(cause.remedy)
    redriver.redrive(letter)
