"""Run the local cloud until stopped."""
