"""What every client of a cloud needs: credentials, request signatures, endpoints."""
