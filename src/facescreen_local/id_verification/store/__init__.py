"""The log of calls and the uploaded files, kept in memory."""
