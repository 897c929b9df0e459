"""Settings -> Screener: the one place that names adapters. Import it late."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .deepfake.client import DeepfakeClient
from .deepfake.fleet import Fleet
from .ledger import Ledger
from .messages.mns import MnsPublisher
from .screening import Policy, Screener
from .storage.oss import OssState, OssStore
from .tagging import Tagger

if TYPE_CHECKING:
    from .credentials import CredentialSource
    from .settings import Settings


def screener(settings: Settings, credentials: CredentialSource, *, source: str) -> Screener:
    """The Screener of a Function Compute deployment; `source` names the function."""
    store = OssStore(
        credentials,
        endpoint=settings.oss_endpoint,
        public_endpoint=settings.oss_public_endpoint,
        region=settings.oss_region,
    )
    state = OssState(
        credentials,
        endpoint=settings.oss_endpoint,
        region=settings.oss_region,
        bucket=settings.state_bucket,
    )
    ledger = Ledger(state)
    client = DeepfakeClient(
        scene_code=settings.scene_code,
        credentials=credentials,
        endpoint=settings.cloudauth_endpoint,
        image_timeout_s=settings.image_timeout_s,
        video_timeout_s=settings.video_timeout_s,
        pace=Fleet(state, settings.calls_per_second),
        allow_stand_in=settings.local,
    )
    return Screener(
        store=store,
        ledger=ledger,
        detect=client.detect_stream if settings.transfer == "stream" else client.detect,
        tagger=Tagger(store, ledger, prefix=settings.tag_prefix, form=settings.tag_form),
        publisher=MnsPublisher(
            credentials,
            endpoint=settings.mns_endpoint,
            topic=settings.mns_topic,
            queue=settings.mns_queue,
        ),
        policy=Policy(
            source=source,
            merchant_prefix=settings.merchant_prefix,
            strictness=settings.strictness,
            convert=settings.convert,
            presigned_url_s=settings.presigned_url_s,
        ),
    )
