"""The function that the environment names, behind the port."""

from __future__ import annotations

from collections.abc import Mapping

from facescreen.bus.ports import Invoker
from facescreen.clients.credentials import CredentialSource
from facescreen.environment import EnvironmentReader
from facescreen.settings.aws import QUEUE_URL
from facescreen.settings.sweep import FUNCTION_NAME


def chosen(
    store: str, environment: Mapping[str, str], credentials: CredentialSource | None
) -> Invoker:
    """The function that screens the objects of `store`.

    For ``oss``: FC_FUNCTION at FC_ENDPOINT, of Function Compute 3.0, or of 2.0 where FC_SERVICE is
    set; asked for its handler first. For ``s3``: UPLOADS_QUEUE_URL, with boto3's own credentials.
    Raises errors.FacescreenError, BadSettings with every one that is wrong.
    """
    if store == "s3":
        return _on_aws(environment)
    if credentials is None:
        raise ValueError("Function Compute needs credentials")
    return _on_function_compute(environment, credentials)


def _on_function_compute(environment: Mapping[str, str], credentials: CredentialSource) -> Invoker:
    from facescreen_cli.sdk.fc2 import Fc2Invoker
    from facescreen_cli.sdk.fc3 import Fc3Invoker

    read = EnvironmentReader(environment)
    service = read.text("FC_SERVICE", FUNCTION_NAME, "a service's name", "s.yaml", "")
    function = read.text(
        "FC_FUNCTION", FUNCTION_NAME, "a function's name", "s.yaml", "facescreen-object-created"
    )
    region = environment.get("OSS_REGION") or "ap-southeast-1"
    account = environment.get("ALIBABA_CLOUD_ACCOUNT_ID", "")
    if service and not (account or environment.get("FC_ENDPOINT")):
        read.wrong.append("FC_SERVICE needs ALIBABA_CLOUD_ACCOUNT_ID, or FC_ENDPOINT")
    of_account = f"{account}.{region}.fc.aliyuncs.com"
    endpoint = read.endpoint(
        "FC_ENDPOINT", of_account if service else f"fcv3.{region}.aliyuncs.com"
    )
    read.check()
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

    read = EnvironmentReader(environment)
    queue_url = read.text(
        "UPLOADS_QUEUE_URL", QUEUE_URL, "the uploads queue's https URL", "SQS console"
    )
    read.check()
    return SqsInvoker(boto3.Session(), queue_url=queue_url)
