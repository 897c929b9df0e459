"""The tables of queues, topics and messages."""

# Times are in milliseconds since the epoch. A resource's `collection` is its path without its name
# (``topics/verdicts/subscriptions``); `attributes` is JSON.
SCHEMA = """
CREATE TABLE IF NOT EXISTS resources (
    collection TEXT NOT NULL,
    name TEXT NOT NULL,
    created INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    attributes TEXT NOT NULL,
    PRIMARY KEY (collection, name)
);
CREATE TABLE IF NOT EXISTS messages (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL,
    queue TEXT NOT NULL,
    body TEXT NOT NULL,
    priority INTEGER NOT NULL,
    enqueued INTEGER NOT NULL,
    visible INTEGER NOT NULL,
    first_dequeued INTEGER NOT NULL,
    dequeue_count INTEGER NOT NULL,
    receipt TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS in_order ON messages (queue, priority, number);
"""
