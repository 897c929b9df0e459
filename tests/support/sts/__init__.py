"""An emulator of Alibaba Cloud's Security Token Service: AssumeRoleWithOIDC."""
