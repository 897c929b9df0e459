"""Where messages, dead letters and events go: the ports, and one file per service."""
