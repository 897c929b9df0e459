"""Calls and uploaded files."""
