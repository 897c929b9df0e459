"""HTTP triggers: turn requests into events for a function, and its results into responses."""
