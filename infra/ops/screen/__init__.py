"""``screen``: files, folders, URLs and objects, from the command line."""

from infra.ops.screen.command import screen

__all__ = ["screen"]
