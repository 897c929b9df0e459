"""``backfill``: what was in the bucket before, handed to the deployed function."""

from facescreen_cli.commands.backfill.command import backfill

__all__ = ["backfill"]
