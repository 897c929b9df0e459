"""Events, and the pending ones on disk."""
