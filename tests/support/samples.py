"""The samples of a local cloud."""

from __future__ import annotations

from facescreen_local.cloud import LocalCloud


def sample_files(cloud: LocalCloud) -> dict[str, bytes]:
    """The content of each sample, by its file name."""
    return {sample.path.name: sample.path.read_bytes() for sample in cloud.write_samples()}
