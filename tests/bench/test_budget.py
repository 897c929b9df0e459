"""The import budget in modules: it does not grow unnoticed."""

from tests.bench import shipping

MOST_HANDLER_MODULES = 140
MOST_MODULES = 800
MOST_ON_LAMBDA = 580
"""boto3's own are most of them, whoever imports it."""

IMPORTED_LATE = {"oss2", "httpx", "mns", "requests", "cryptography"}
NEVER_IMPORTED = {"boto3", "alibabacloud_credentials", "alibabacloud_tea_openapi", "cv2", "PIL"}


def test_the_handler_imports_no_sdk() -> None:
    imported = shipping.handler_modules()
    assert not IMPORTED_LATE & set(imported)
    assert len(imported) <= MOST_HANDLER_MODULES


def test_modules_before_the_first_event() -> None:
    imported = shipping.initialized_modules()
    assert set(imported) > {"object_created", "oss2", "httpx", "mns"}
    assert not NEVER_IMPORTED & set(imported)
    assert len(imported) <= MOST_MODULES


def test_modules_before_the_first_event_on_lambda() -> None:
    imported = shipping.initialized_on_lambda_modules()
    assert set(imported) > {"object_created", "boto3", "httpx"}
    assert not {"oss2", "mns", "requests", "alibabacloud_credentials"} & set(imported)
    assert len(imported) <= MOST_ON_LAMBDA
