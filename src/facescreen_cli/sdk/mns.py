"""MNS for commands, by the vendor's aliyun-mns-sdk."""

from __future__ import annotations

from mns.account import Account

from facescreen.clients.credentials import CredentialSource

_TIMEOUT_S = 5


def create_account(endpoint: str, credentials: CredentialSource) -> Account:
    """With the credentials of now. Its SDK gives HTTPS connections no time-out of their own."""
    now = credentials.get()
    account = Account(endpoint, now.access_key_id, now.access_key_secret, now.security_token)
    account.mns_client.set_connection_timeout(_TIMEOUT_S)
    account.mns_client.http.conn.timeout = _TIMEOUT_S
    return account
