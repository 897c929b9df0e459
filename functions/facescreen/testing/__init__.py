"""In-memory ports for tests: stores and buses without a cloud."""
