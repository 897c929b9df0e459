"""What a release works with, from the environment: the function's names, read from outside."""

from __future__ import annotations

from collections.abc import Mapping

from facescreen.records.ledger import Ledger
from facescreen.screening.quarantine import Records
from facescreen.settings.forms import Endpoint
from facescreen.settings.loader import Reader, Setting
from facescreen.settings.table import STATE_BUCKET, QuarantineSettings
from facescreen.storage.ports import QuarantineStore, StateStore
from facescreen_cli.commands.release.releasing import Releasing
from facescreen_cli.credentials import find_credentials
from facescreen_cli.settings import usage_errors


def releasing(scheme: str, environment: Mapping[str, str], profile: str) -> Releasing:
    """On OSS or on S3. Raises click.UsageError, which names all that is wrong."""
    reader = Reader(environment)
    settings = reader.read(QuarantineSettings)
    state_bucket = reader.value(STATE_BUCKET)
    region = environment.get("OSS_REGION") or "ap-southeast-1"
    endpoint = reader.value(Setting("OSS_ENDPOINT", Endpoint(), f"oss-{region}.aliyuncs.com"))
    with usage_errors():
        reader.check()
    if scheme == "s3":
        store, state = _on_s3(state_bucket)
    else:
        store, state = _on_oss(state_bucket, endpoint, region, profile)
    return Releasing(store, Records(Ledger(state)), settings)


def _on_oss(
    state_bucket: str, endpoint: str, region: str, profile: str
) -> tuple[QuarantineStore, StateStore]:
    from facescreen.storage.oss import OssQuarantineStore, OssState

    credentials = find_credentials(profile)
    store = OssQuarantineStore(
        credentials, endpoint=endpoint, public_endpoint=endpoint, region=region
    )
    state = OssState(credentials, endpoint=endpoint, region=region, bucket=state_bucket)
    return store, state


def _on_s3(state_bucket: str) -> tuple[QuarantineStore, StateStore]:
    """Region and credentials as boto3 finds them."""
    import boto3

    from facescreen.storage.s3 import S3QuarantineStore, S3State

    session = boto3.Session()
    return S3QuarantineStore(session), S3State(session, bucket=state_bucket)
