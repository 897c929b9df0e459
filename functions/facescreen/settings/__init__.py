"""The settings of the functions: a table, and a reader for it."""
