"""``redrive``: what failed for good goes to the function again."""

from facescreen_cli.commands.redrive.command import redrive

__all__ = ["redrive"]
