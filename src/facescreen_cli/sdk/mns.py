"""Connects to MNS with the vendor's aliyun-mns-sdk."""

from __future__ import annotations

from mns.account import Account

from facescreen.clients.credentials import CredentialSource

_REQUEST_TIMEOUT_S = 5


def create_account(endpoint: str, credentials: CredentialSource) -> Account:
    """Create an account with the current credentials. The SDK sets no timeout on HTTPS connections,
    so this does."""
    current_credentials = credentials.get()
    account = Account(
        endpoint,
        current_credentials.access_key_id,
        current_credentials.access_key_secret,
        current_credentials.security_token,
    )
    account.mns_client.set_connection_timeout(_REQUEST_TIMEOUT_S)
    account.mns_client.http.conn.timeout = _REQUEST_TIMEOUT_S
    return account
