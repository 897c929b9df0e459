"""HTTP triggers: requests become events for a function, and its results become answers."""
