"""Object Storage Service: its REST protocol, signatures, versions, tags and image processing."""
