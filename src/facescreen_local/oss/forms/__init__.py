"""HTML forms (PostObject): read as they arrive, signed within, held to their policy."""
