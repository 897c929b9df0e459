"""Fixtures: an upload form and a TLS context."""

from __future__ import annotations

import ssl

import pytest

from facescreen_local.id_verification.service import IdVerificationService
from tests.integration.id_verification.uploads.upload_form import UploadForm


@pytest.fixture
def tls_context(service: IdVerificationService) -> ssl.SSLContext:
    """A TLS context that trusts the service's CA, as strict as Python 3.13's default."""
    context = ssl.create_default_context(cafile=service.ca_file)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    return context


@pytest.fixture
def upload_form(service: IdVerificationService, tls_context: ssl.SSLContext) -> UploadForm:
    return UploadForm(service.uploads.issue_upload_grant(), tls_context)
