"""Adapters for the vendors' SDKs that commands use."""
