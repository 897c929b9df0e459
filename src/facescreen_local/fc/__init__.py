"""Function Compute on one machine: what s.yaml says, run in processes of their own."""
