"""``report``: what stands on the objects of a bucket."""

from facescreen_cli.commands.report.command import report

__all__ = ["report"]
