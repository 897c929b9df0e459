"""Settings -> what a handler works with: the one place that names adapters. Import it late."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import telemetry
from .deepfake.client import DeepfakeClient
from .deepfake.fleet import Fleet
from .errors import Passing
from .history import History
from .ledger import Ledger
from .messages.mns import MnsPublisher
from .screening import Policy, Screener
from .storage.oss import OssState, OssStore
from .tagging import Tagger
from .transfer import Auto, ByUrl, Inline

if TYPE_CHECKING:
    from .ad_hoc import AdHoc
    from .credentials import CredentialSource
    from .settings import Settings
    from .storage import ObjectStore
    from .transfer import Transfer
    from .web.routes import Api
    from .web.settings import WebSettings


@dataclass(frozen=True)
class Assembly:
    """The connected parts of a Function Compute deployment."""

    client: DeepfakeClient
    screener: Screener
    store: OssStore
    ledger: Ledger
    history: History

    def warm(self) -> None:
        """Opens the connection that the first call would wait for. Raises StandInRefused."""
        try:
            self.client.keep_alive()
        except Passing as trouble:
            telemetry.not_warm(trouble)


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
    ledger, history = Ledger(state), History(state)
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
        history=history,
        policy=Policy(
            source=source,
            merchant_prefix=settings.merchant_prefix,
            strictness=settings.strictness,
            convert=settings.convert,
        ),
    )
    return Assembly(client, screener, store, ledger, history)


def assemble_ad_hoc(settings: Settings, parts: Assembly) -> AdHoc:
    """Who answers for single objects, files and URLs."""
    from .ad_hoc import AdHoc  # noqa: PLC0415 - bucket events need no such answers

    return AdHoc(
        screener=parts.screener,
        store=parts.store,
        ledger=parts.ledger,
        detect=parts.client.detect_stream,
        merchant_prefix=settings.merchant_prefix,
        strictness=settings.strictness,
        tag_prefix=settings.tag_prefix,
        tag_form=settings.tag_form,
    )


def assemble_api(settings: Settings, web: WebSettings, parts: Assembly) -> Api:
    """What the HTTP trigger's routes work with."""
    # Only the HTTP trigger needs these.
    from .web.access import Tokens  # noqa: PLC0415
    from .web.review import Review  # noqa: PLC0415
    from .web.routes import Api  # noqa: PLC0415
    from .web.urls import UrlRules  # noqa: PLC0415

    return Api(
        ad_hoc=assemble_ad_hoc(settings, parts),
        review=Review(parts.history, parts.store),
        urls=UrlRules(web.url_allowed_origins),
        tokens=Tokens(web.tokens) if web.tokens else None,
        state_bucket=settings.state_bucket,
        store=parts.store.name,
        image_origins=parts.store.public_origins,
        page=web.page,
        longest_s=web.longest_s,
        local=settings.local,
    )


def _transfer(settings: Settings, store: ObjectStore, client: DeepfakeClient) -> Transfer:
    detect = client.detect if settings.transfer == "url" else client.detect_stream
    by_url = ByUrl(store, detect, settings.presigned_url_s)
    inline = Inline(store, client.detect_stream)
    forms: dict[str, Transfer] = {"inline": inline, "auto": Auto(inline, by_url)}
    return forms.get(settings.transfer, by_url)
