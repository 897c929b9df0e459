"""Send dead letters to the function again."""
