"""Find what keeps a deployment from working."""
