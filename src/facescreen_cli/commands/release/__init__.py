"""``release``: what a person takes back out of quarantine."""

from facescreen_cli.commands.release.command import release

__all__ = ["release"]
