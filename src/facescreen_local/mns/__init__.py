"""The local MNS: queues, topics and subscriptions, in the real service's XML over HTTP."""
