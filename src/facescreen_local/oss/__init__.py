"""The local OSS: its REST API, signatures, versions, tags and image processing."""
