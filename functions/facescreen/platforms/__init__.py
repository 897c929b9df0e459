"""Everything that a cloud contributes, a file each."""
