"""The use cases: screen one object, a batch of events, or on demand; sweep; quarantine."""
