"""The function that the environment names, behind the port."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from facescreen.bus.ports import Invoker
from facescreen.clients.credentials import CredentialSource
from facescreen.platforms.alibaba import FUNCTION_NAME
from facescreen.platforms.aws import QUEUE_URL
from facescreen.settings.forms import Endpoint
from facescreen.settings.loader import Reader, Setting
from facescreen_cli.settings import usage_errors


def chosen(
    store: str, environment: Mapping[str, str], credentials: CredentialSource | None
) -> Invoker:
    """The function that screens the objects of `store`.

    For ``oss``: FC_FUNCTION at FC_ENDPOINT, of Function Compute 3.0, or of 2.0 where FC_SERVICE is
    set; asked for its handler first. For ``s3``: UPLOADS_QUEUE_URL, with boto3's own credentials.
    Raises errors.FacescreenError, and click.UsageError with every setting that is wrong.
    """
    if store == "s3":
        return _on_aws(environment)
    if credentials is None:
        raise ValueError("Function Compute needs credentials")
    return _on_function_compute(environment, credentials)


def _on_function_compute(environment: Mapping[str, str], credentials: CredentialSource) -> Invoker:
    from facescreen_cli.sdk.fc2 import Fc2Invoker
    from facescreen_cli.sdk.fc3 import Fc3Invoker

    reader = Reader(environment)
    service = reader.value(
        Setting(
            "FC_SERVICE", replace(FUNCTION_NAME, must_be="a service's name"), "", where="s.yaml"
        )
    )
    function = reader.value(
        Setting("FC_FUNCTION", FUNCTION_NAME, "facescreen-object-created", where="s.yaml")
    )
    region = environment.get("OSS_REGION") or "ap-southeast-1"
    account = environment.get("ALIBABA_CLOUD_ACCOUNT_ID", "")
    if service and not (account or environment.get("FC_ENDPOINT")):
        reader.errors.append("FC_SERVICE needs ALIBABA_CLOUD_ACCOUNT_ID, or FC_ENDPOINT")
    of_account = f"{account}.{region}.fc.aliyuncs.com"
    default = of_account if service else f"fcv3.{region}.aliyuncs.com"
    endpoint = reader.value(Setting("FC_ENDPOINT", Endpoint(), default))
    with usage_errors():
        reader.check()
    invoker = (
        Fc2Invoker(endpoint, service, function, credentials)
        if service
        else Fc3Invoker(endpoint, function, credentials)
    )
    invoker.check_handler()
    return invoker


def _on_aws(environment: Mapping[str, str]) -> Invoker:
    import boto3

    from facescreen.bus.sqs import SqsInvoker

    reader = Reader(environment)
    form = replace(QUEUE_URL, must_be="the uploads queue's https URL")
    queue_url = reader.value(Setting("UPLOADS_QUEUE_URL", form, where="SQS console"))
    with usage_errors():
        reader.check()
    return SqsInvoker(boto3.Session(), queue_url=queue_url)
