"""MNS on loopback: queues, topics, and subscriptions of queues to topics."""
