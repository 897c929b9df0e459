"""Compares our signatures with requests captured from the vendor's SDK (key testid, testsecret)."""

from facescreen.clients import acs3

NONCE = "0123456789abcdef0123456789abcdef"
COMMON_HEADERS = {
    "accept": "application/json",
    "content-type": "application/x-www-form-urlencoded",
    "host": "127.0.0.1:33617",
    "user-agent": "AlibabaCloud (Linux; x86_64) Python/3.11.7 Core/0.4.3 TeaDSL/2",
    "x-acs-action": "DeepfakeDetectIntl",
    "x-acs-date": "2026-03-05T08:00:00Z",
    "x-acs-signature-nonce": NONCE,
    "x-acs-version": "2022-08-09",
}
BASE_QUERY = [
    ("MerchantBizId", "e0c34a77f5ac40a5aa5e6ed20c000001"),
    ("ProductCode", "FACE_DEEPFAKE"),
    ("SceneCode", "scene_0001"),
]


def sign(query: list[tuple[str, str]], headers: dict[str, str], body: bytes) -> str:
    payload_hash = acs3.hash_payload(body)
    canonical = acs3.build_canonical_request(
        "POST",
        "/",
        acs3.build_canonical_query(query),
        {**headers, "x-acs-content-sha256": payload_hash},
        payload_hash,
    )
    return acs3.compute_signature("testsecret", canonical)


def test_a_face_url_with_a_long_lived_key() -> None:
    url = (
        "https://bkt.oss-ap-southeast-1.aliyuncs.com/a%20b/x.jpg?OSSAccessKeyId=LTAI"
        "&Expires=1700000000&Signature=ab%2Bc%2F%3D&security-token=CAIS%2B%2F"
    )
    headers = {**COMMON_HEADERS, "x-acs-credentials-provider": "static_ak"}
    query = [*BASE_QUERY, ("FaceInputType", "VIDEO"), ("FaceUrl", url)]
    assert (
        sign(query, headers, b"")
        == "f11251aac11ded26bd9deb289906ffd56f218938629477ddc309db89a8e386ef"
    )


def test_face_base64_with_a_security_token() -> None:
    headers = {
        **COMMON_HEADERS,
        "x-acs-accesskey-id": "testid",
        "x-acs-credentials-provider": "static_sts",
        "x-acs-security-token": "STS/tok+en==",
    }
    assert (
        sign(BASE_QUERY, headers, b"FaceBase64=%2F9j%2F4AAQSk%2BZ%3D")
        == "52ec289c0ccc1c4846d1caddc79a82e00aa7b95e1f5f2c20dfd562c8f8f91b98"
    )


def test_minimal_headers() -> None:
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        "host": "cloudauth-intl-vpc.ap-southeast-1.aliyuncs.com",
        "x-acs-action": "DeepfakeDetectIntl",
        "x-acs-date": "2026-03-05T08:00:00Z",
        "x-acs-signature-nonce": NONCE,
        "x-acs-version": "2022-08-09",
    }
    url = "https://b.oss-ap-southeast-1.aliyuncs.com/k?x=1&y=a%2Bb"
    query = [*BASE_QUERY, ("FaceInputType", "VIDEO"), ("FaceUrl", url)]
    assert (
        sign(query, headers, b"")
        == "c440cdb1d365c497bbe0fb3d79fe1b97bdfbb292d48cfc40bfdd4184d8155be2"
    )
