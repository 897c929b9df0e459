"""What outlives a restart: queues, topics, subscriptions and messages."""
