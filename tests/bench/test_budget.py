"""Limits the number of modules that the functions import."""

from tests.bench import imported_modules

MAX_HANDLER_MODULES = 140
MAX_MODULES = 830
MAX_MODULES_ON_LAMBDA = 595
"""Most of them are boto3's."""

NOT_IMPORTED_BY_THE_HANDLER = {"oss2", "httpx", "mns", "requests", "cryptography"}
NEVER_IMPORTED = {"boto3", "alibabacloud_credentials", "alibabacloud_tea_openapi", "cv2", "PIL"}


def test_the_handler_imports_no_sdk() -> None:
    imported = imported_modules.list_handler_modules()
    assert not NOT_IMPORTED_BY_THE_HANDLER & set(imported)
    assert len(imported) <= MAX_HANDLER_MODULES


def test_the_number_of_modules_before_the_first_event_is_limited() -> None:
    imported = imported_modules.list_initialized_modules()
    assert set(imported) > {"object_created", "oss2", "httpx", "mns"}
    assert not NEVER_IMPORTED & set(imported)
    assert len(imported) <= MAX_MODULES


def test_the_number_of_modules_on_lambda_is_limited() -> None:
    imported = imported_modules.list_initialized_modules_on_lambda()
    assert set(imported) > {"object_created", "boto3", "httpx"}
    assert not {"oss2", "mns", "requests", "alibabacloud_credentials"} & set(imported)
    assert len(imported) <= MAX_MODULES_ON_LAMBDA
