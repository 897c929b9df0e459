"""Authentication: the account, its access keys, signatures and clocks."""
