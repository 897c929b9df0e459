"""What all services share: requests, bodies, forms, XML, faults, certificates."""
