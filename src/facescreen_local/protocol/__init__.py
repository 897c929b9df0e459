"""What the services speak: requests, bodies, forms, XML, faults, certificates."""
