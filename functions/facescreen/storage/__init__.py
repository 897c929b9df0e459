"""Object stores: the ports, and one file per service."""
