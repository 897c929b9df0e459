"""One local cloud for the tests of a file."""

from tests.support.local_cloud import cloud, cloud_client, cloud_folder, running_cloud

__all__ = ["cloud", "cloud_client", "cloud_folder", "running_cloud"]
