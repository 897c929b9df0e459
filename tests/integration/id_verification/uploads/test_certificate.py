"""The certificate is only for this machine, and expires."""

from __future__ import annotations

import ssl
import stat
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from facescreen_local.id_verification.service import IdVerificationService
from facescreen_local.protocol import certificate
from facescreen_local.protocol.certificate import ensure_certificate


def certificate_files(folder: Path) -> tuple[bytes, bytes]:
    authority, server = ensure_certificate(folder)
    return authority.read_bytes(), server.read_bytes()


def test_the_certificate_is_kept(tmp_path: Path) -> None:
    assert certificate_files(tmp_path) == certificate_files(tmp_path)


def test_the_private_key_is_protected_and_the_authoritys_is_not_kept(tmp_path: Path) -> None:
    authority, server = ensure_certificate(tmp_path)
    assert stat.S_IMODE(server.stat().st_mode) == 0o600
    assert server.read_text().count("PRIVATE KEY") == 2
    assert "PRIVATE KEY" not in authority.read_text()
    assert set(tmp_path.iterdir()) == {authority, server}


def test_the_certificate_is_replaced_before_it_expires(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(certificate, "CERTIFICATE_VALIDITY", timedelta(days=7, minutes=1))
    first = certificate_files(tmp_path)
    assert certificate_files(tmp_path) == first
    monkeypatch.setattr(certificate, "CERTIFICATE_VALIDITY", timedelta(days=7))
    (tmp_path / "ca.pem").unlink()
    second = certificate_files(tmp_path)
    assert certificate_files(tmp_path) != second


@pytest.mark.parametrize("file", ["ca.pem", "server.pem"])
@pytest.mark.parametrize("damage", ["gone", "cut short", "another's"])
def test_a_damaged_certificate_is_replaced(tmp_path: Path, file: str, damage: str) -> None:
    certificate_files(tmp_path)
    path = tmp_path / file
    path.chmod(0o644)
    if damage == "gone":
        path.unlink()
    elif damage == "cut short":
        path.write_bytes(path.read_bytes()[:300])
    else:
        ensure_certificate(tmp_path / "another")
        path.write_bytes((tmp_path / "another" / file).read_bytes())
    authority, server = ensure_certificate(tmp_path)
    assert stat.S_IMODE(server.stat().st_mode) == 0o600
    ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(server)
    replaced = (authority.read_bytes(), server.read_bytes())
    assert certificate_files(tmp_path) == replaced


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_certificate_is_valid_for_loopback(
    service: IdVerificationService, tls_context: ssl.SSLContext, host: str
) -> None:
    url = service.uploads.url.replace("127.0.0.1", host)
    with httpx.Client(verify=tls_context, trust_env=False) as client:
        assert client.get(url).status_code == 405


def test_the_certificate_is_not_valid_for_other_names(
    service: IdVerificationService, tls_context: ssl.SSLContext
) -> None:
    with (
        httpx.Client(verify=tls_context, trust_env=False) as client,
        pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"),
    ):
        client.get(service.uploads.url, extensions={"sni_hostname": "oss.example"})


def test_the_certificate_is_not_trusted_by_default(service: IdVerificationService) -> None:
    with (
        httpx.Client(trust_env=False) as client,
        pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"),
    ):
        client.get(service.uploads.url)
