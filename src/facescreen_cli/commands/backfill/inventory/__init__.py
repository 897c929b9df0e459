"""Inventories of OSS and S3: a manifest, and gzip CSV files with a row for each object."""
