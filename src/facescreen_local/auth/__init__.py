"""Who calls: accounts, keys, signatures, clocks."""
