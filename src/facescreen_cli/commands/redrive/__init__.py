"""Send what failed for good to the function again."""
