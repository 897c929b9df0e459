"""A certificate for loopback. Its authority signs nothing else: that key is never written down."""

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

VALID = timedelta(days=30)
_REPLACED_BEFORE = timedelta(days=7)
"""A cloud that starts with a certificate may run for this long."""
_CLOCKS_DIFFER = timedelta(hours=1)


def ensure_certificate(folder: Path) -> tuple[Path, Path]:
    """PEM files in `folder`: the authority's certificate, for clients to trust, and the server's
    certificate with its key. Made where there are none that fit, or where they expire soon."""
    authority, server = folder / "ca.pem", folder / "server.pem"
    if not _usable(authority, server):
        folder.mkdir(parents=True, exist_ok=True)
        _make(authority, server)
    return authority, server


def _usable(authority: Path, server: Path) -> bool:
    try:
        issuer = x509.load_pem_x509_certificate(authority.read_bytes())
        issued = x509.load_pem_x509_certificate(server.read_bytes())
        issued.verify_directly_issued_by(issuer)
    except (FileNotFoundError, ValueError, InvalidSignature):
        return False
    return issued.not_valid_after_utc - datetime.now(timezone.utc) > _REPLACED_BEFORE


def _make(authority: Path, server: Path) -> None:
    signing, serving = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    key = serving.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    issued = _issued(serving.public_key(), signing)
    authority.write_bytes(_issuer(signing).public_bytes(Encoding.PEM))
    server.unlink(missing_ok=True)
    server.touch(mode=0o600)
    server.write_bytes(key + issued.public_bytes(Encoding.PEM))


def _issuer(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return (
        _begun(_ISSUER, key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(identifier, critical=False)
        .sign(key, SHA256())
    )


def _issued(
    key: ec.EllipticCurvePublicKey, signing: ec.EllipticCurvePrivateKey
) -> x509.Certificate:
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key())
    return (
        _begun(_name("127.0.0.1"), key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(_loopback(), critical=False)
        .add_extension(issuer, critical=False)
        .sign(signing, SHA256())
    )


def _begun(subject: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(_ISSUER)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCKS_DIFFER)
        .not_valid_after(now + VALID)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


_ISSUER = _name("facescreen local cloud")


def _loopback() -> x509.SubjectAlternativeName:
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    return x509.SubjectAlternativeName([address, x509.DNSName("localhost")])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
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
