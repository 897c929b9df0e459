"""Inventories of OSS and S3: a manifest, and gzip CSV files of a row for each object."""

from facescreen_cli.commands.backfill.inventory.source import Inventory, opened

__all__ = ["Inventory", "opened"]
