"""Function instances and the runtime in them."""
