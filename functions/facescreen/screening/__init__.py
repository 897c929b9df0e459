"""The use cases: screen one object, a batch, on demand; sweep; quarantine."""
