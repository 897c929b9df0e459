"""Sends messages, dead letters and events: the ports, and one file per service."""
