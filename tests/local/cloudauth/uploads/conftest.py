"""A permission to upload, and the form that makes use of it."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest

from tests.local.cloudauth.uploads.posting import Form

if TYPE_CHECKING:
    from facescreen_local.cloudauth.server import CloudauthService


@pytest.fixture
def trusting(service: CloudauthService) -> ssl.SSLContext:
    """As strict as Python 3.13 is by default."""
    context = ssl.create_default_context(cafile=service.ca_file)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    return context


@pytest.fixture
def form(service: CloudauthService, trusting: ssl.SSLContext) -> Form:
    return Form(service.uploads.permission(), trusting)
