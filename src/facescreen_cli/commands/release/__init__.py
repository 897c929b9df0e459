"""Take objects back out of quarantine."""
