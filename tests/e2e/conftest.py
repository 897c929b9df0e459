"""One local cloud for the tests of a file."""

from tests.support.local_cloud import cloud, data, outside, running_cloud

__all__ = ["cloud", "data", "outside", "running_cloud"]
