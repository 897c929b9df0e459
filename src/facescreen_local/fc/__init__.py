"""The local Function Compute: runs the functions of s.yaml, each instance in its own process."""
