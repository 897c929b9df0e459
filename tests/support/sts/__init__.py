"""Alibaba Cloud's Security Token Service: AssumeRoleWithOIDC, and the tokens it takes."""
