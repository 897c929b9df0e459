"""What surrounds the functions: deployment, the local cloud, the command line."""
