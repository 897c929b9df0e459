"""Run the local cloud until it is stopped."""
