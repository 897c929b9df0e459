"""The sweep: finds what has no verdict, and hands it to the function again."""
