"""The vendor's alibabacloud-credentials with the local STS."""

from __future__ import annotations

from pathlib import Path

import pytest
from alibabacloud_credentials.exceptions import (
    CredentialException,
)
from alibabacloud_credentials.provider import (
    OIDCRoleArnCredentialsProvider,
)

from facescreen_local.auth.account import LocalAccount
from facescreen_local.auth.credentials import find_secret
from tests.integration.sts.aws import FakeAwsSts
from tests.integration.sts.conftest import PROVIDER_ARN, ROLE_ARN
from tests.support.sts.server import StsService


def make_provider(sts: StsService, token: str, folder: Path) -> OIDCRoleArnCredentialsProvider:
    file = folder / "token"
    file.write_text(token)
    return OIDCRoleArnCredentialsProvider(
        role_arn=ROLE_ARN,
        oidc_provider_arn=PROVIDER_ARN,
        oidc_token_file_path=str(file),
        sts_endpoint=sts.url,
    )


def test_the_vendors_package_gets_credentials(
    sts: StsService, aws: FakeAwsSts, local_account: LocalAccount, tmp_path: Path
) -> None:
    credentials = make_provider(sts, aws.token(), tmp_path).get_credentials()
    secret = find_secret(
        local_account, credentials.get_access_key_id(), credentials.get_security_token()
    )
    assert secret == credentials.get_access_key_secret()


def test_the_vendors_package_raises_the_code_of_a_wrong_token(
    sts: StsService, aws: FakeAwsSts, tmp_path: Path
) -> None:
    wrong_provider = make_provider(sts, aws.token(aud="another.service"), tmp_path)
    with pytest.raises(CredentialException, match=r"http_code: 401.*OIDCToken\.AudienceNotMatch"):
        wrong_provider.get_credentials()
