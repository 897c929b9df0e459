"""The vendors' SDKs, where a command needs one."""
