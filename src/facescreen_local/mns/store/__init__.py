"""Queues, topics, subscriptions and messages, kept in SQLite."""
