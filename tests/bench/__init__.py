"""What a function imports and ships, and what that is held to."""
