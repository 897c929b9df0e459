"""``facescreen doctor``: what keeps a deployment from working, and what to do about it."""

from facescreen_cli.commands.doctor.command import doctor

__all__ = ["doctor"]
