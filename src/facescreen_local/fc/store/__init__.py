"""Events and invocations, kept on disk."""
