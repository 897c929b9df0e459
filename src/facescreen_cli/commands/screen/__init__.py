"""``screen``: files, folders, URLs and objects, from the command line."""

from facescreen_cli.commands.screen.command import screen

__all__ = ["screen"]
