"""The tables of buckets, objects and uploads."""

# The newest row of a key is its current version. Times are whole seconds since the epoch. CRC64 is
# text: SQLite's integers are signed.
SCHEMA = """
CREATE TABLE IF NOT EXISTS buckets (
    name TEXT PRIMARY KEY,
    created INTEGER NOT NULL,
    versioning TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS versions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    bucket TEXT NOT NULL REFERENCES buckets (name),
    key TEXT NOT NULL,
    version TEXT NOT NULL,
    modified INTEGER NOT NULL,
    kind TEXT NOT NULL,
    blob TEXT NOT NULL,
    size INTEGER NOT NULL,
    md5 TEXT NOT NULL,
    crc64 TEXT NOT NULL,
    etag TEXT NOT NULL,
    metadata TEXT NOT NULL,
    UNIQUE (bucket, key, version)
);
CREATE INDEX IF NOT EXISTS newest ON versions (bucket, key, id);
CREATE VIEW IF NOT EXISTS history AS
    SELECT *, id = (
        SELECT MAX(id) FROM versions WHERE bucket = each.bucket AND key = each.key
    ) AS latest
    FROM versions AS each;
CREATE TABLE IF NOT EXISTS uploads (
    id TEXT PRIMARY KEY,
    bucket TEXT NOT NULL REFERENCES buckets (name),
    key TEXT NOT NULL,
    initiated INTEGER NOT NULL,
    metadata TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS parts (
    upload TEXT NOT NULL REFERENCES uploads (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    blob TEXT NOT NULL,
    size INTEGER NOT NULL,
    md5 TEXT NOT NULL,
    crc64 TEXT NOT NULL,
    PRIMARY KEY (upload, number)
);
"""
