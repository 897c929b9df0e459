"""A TLS certificate for loopback, signed by an authority whose key is never stored."""

from __future__ import annotations

import ipaddress
from datetime import datetime, timedelta, timezone
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CERTIFICATE_VALIDITY = timedelta(days=30)
_RENEW_BEFORE_EXPIRY = timedelta(days=7)
"""A cloud may run for this long on the certificate it starts with."""
_MAX_CLOCK_DIFFERENCE = timedelta(hours=1)


def ensure_certificate(folder: Path) -> tuple[Path, Path]:
    """Return two PEM files in `folder`: the authority's certificate, for clients to trust, and the
    server's certificate with its key. They are created if missing, unusable or about to expire."""
    authority_file, server_file = folder / "ca.pem", folder / "server.pem"
    if not _is_usable(authority_file, server_file):
        folder.mkdir(parents=True, exist_ok=True)
        _write_certificates(authority_file, server_file)
    return authority_file, server_file


def _is_usable(authority_file: Path, server_file: Path) -> bool:
    try:
        authority_certificate = x509.load_pem_x509_certificate(authority_file.read_bytes())
        server_certificate = x509.load_pem_x509_certificate(server_file.read_bytes())
        server_certificate.verify_directly_issued_by(authority_certificate)
    except (FileNotFoundError, ValueError, InvalidSignature):
        return False
    return (
        server_certificate.not_valid_after_utc - datetime.now(timezone.utc) > _RENEW_BEFORE_EXPIRY
    )


def _write_certificates(authority_file: Path, server_file: Path) -> None:
    authority_key, server_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    server_key_pem = server_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    server_certificate = _create_server_certificate(server_key.public_key(), authority_key)
    authority_file.write_bytes(
        _create_authority_certificate(authority_key).public_bytes(Encoding.PEM)
    )
    server_file.unlink(missing_ok=True)
    server_file.touch(mode=0o600)
    server_file.write_bytes(server_key_pem + server_certificate.public_bytes(Encoding.PEM))


def _create_authority_certificate(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return (
        _create_certificate_builder(_ISSUER_NAME, key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_build_key_usage(signs_certificates=True), critical=True)
        .add_extension(identifier, critical=False)
        .sign(key, SHA256())
    )


def _create_server_certificate(
    key: ec.EllipticCurvePublicKey, authority_key: ec.EllipticCurvePrivateKey
) -> x509.Certificate:
    authority_key_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(
        authority_key.public_key()
    )
    return (
        _create_certificate_builder(_build_common_name("127.0.0.1"), key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_build_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(_build_loopback_names(), critical=False)
        .add_extension(authority_key_id, critical=False)
        .sign(authority_key, SHA256())
    )


def _create_certificate_builder(
    subject: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = datetime.now(timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(_ISSUER_NAME)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _MAX_CLOCK_DIFFERENCE)
        .not_valid_after(now + CERTIFICATE_VALIDITY)
    )


def _build_common_name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


_ISSUER_NAME = _build_common_name("facescreen local cloud")


def _build_loopback_names() -> x509.SubjectAlternativeName:
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    return x509.SubjectAlternativeName([address, x509.DNSName("localhost")])


def _build_key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
