"""The settings of the functions: a table, and what reads it."""
