"""What the state bucket keeps about objects: the ledger, and the history."""
