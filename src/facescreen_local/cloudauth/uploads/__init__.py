"""Where AuthorizeFileUpload lets a client put a file: one bucket of OSS, as far as a form needs."""
