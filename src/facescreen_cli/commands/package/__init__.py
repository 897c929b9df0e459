"""``facescreen package``: what is deployed, as a reproducible zip for each function and cloud."""

from facescreen_cli.commands.package.command import package

__all__ = ["package"]
