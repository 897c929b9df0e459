"""What surrounds the functions on Alibaba Cloud."""
