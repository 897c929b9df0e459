"""PNG (W3C, third edition): its chunks and its pixels."""
