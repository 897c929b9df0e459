"""Inventories of OSS and S3: a manifest, and gzip CSV files of a row for each object."""
