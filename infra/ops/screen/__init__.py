"""``screen``: files, folders, URLs and objects, from the command line."""

from .command import screen

__all__ = ["screen"]
