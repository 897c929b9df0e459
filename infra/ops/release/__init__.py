"""``release``: what a person takes back out of quarantine."""

from infra.ops.release.command import release

__all__ = ["release"]
