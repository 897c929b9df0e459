"""The store ports on OSS, with oss2: V4 signatures, temporary credentials, two endpoints."""
