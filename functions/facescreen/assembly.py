"""Settings -> what a handler works with: the one place that names adapters. Import it late."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .deepfake.client import DeepfakeClient
from .deepfake.fleet import Fleet
from .ledger import Ledger
from .messages.mns import MnsPublisher
from .screening import Policy, Screener
from .storage.oss import OssState, OssStore
from .tagging import Tagger
from .transfer import Auto, ByUrl, Inline

if TYPE_CHECKING:
    from .credentials import CredentialSource
    from .settings import Settings
    from .storage import ObjectStore
    from .transfer import Transfer


@dataclass(frozen=True)
class Assembly:
    """The connected parts of a Function Compute deployment."""

    client: DeepfakeClient
    screener: Screener


def assemble(settings: Settings, credentials: CredentialSource, *, source: str) -> Assembly:
    """`source` names the function in messages."""
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
        upload_endpoint=settings.upload_endpoint,
        image_timeout_s=settings.image_timeout_s,
        video_timeout_s=settings.video_timeout_s,
        pace=Fleet(state, settings.calls_per_second),
        allow_stand_in=settings.local,
    )
    screener = Screener(
        store=store,
        ledger=ledger,
        transfer=_transfer(settings, store, client),
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
        ),
    )
    return Assembly(client, screener)


def _transfer(settings: Settings, store: ObjectStore, client: DeepfakeClient) -> Transfer:
    detect = client.detect if settings.transfer == "url" else client.detect_stream
    by_url = ByUrl(store, detect, settings.presigned_url_s)
    inline = Inline(store, client.detect_stream)
    forms: dict[str, Transfer] = {"inline": inline, "auto": Auto(inline, by_url)}
    return forms.get(settings.transfer, by_url)
