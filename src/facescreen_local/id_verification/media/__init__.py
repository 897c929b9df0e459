"""What the service looks at: faces, sharpness, formats."""
