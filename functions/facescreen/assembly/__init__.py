"""Settings -> what a handler works with: the one place that names adapters. Import it late."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from facescreen import telemetry
from facescreen.deepfake.budget import DailyCap, Unlimited
from facescreen.deepfake.client import DeepfakeClient
from facescreen.deepfake.rate_limiter import Fleet
from facescreen.errors import Passing
from facescreen.records.history import History
from facescreen.records.ledger import Ledger
from facescreen.screening.screener import Policy, Screener
from facescreen.screening.tagger import Tagger
from facescreen.screening.transfer import Auto, ByUrl, Inline
from facescreen.settings import AwsSettings

if TYPE_CHECKING:
    from facescreen.assembly.ports import Ports
    from facescreen.clients.credentials import CredentialSource
    from facescreen.deepfake.budget import Allowance
    from facescreen.http.routes import Api
    from facescreen.http.settings import WebSettings
    from facescreen.screening.on_demand import AdHoc
    from facescreen.screening.quarantine import Quarantine
    from facescreen.screening.transfer import Transfer
    from facescreen.settings import Settings
    from facescreen.storage.ports import ObjectStore


@dataclass(frozen=True)
class Assembly:
    """The connected parts of a deployment."""

    client: DeepfakeClient
    screener: Screener
    store: ObjectStore
    ledger: Ledger
    history: History

    def warm(self) -> None:
        """Opens the connection that the first call would wait for. Raises StandInRefused."""
        try:
            self.client.keep_alive()
        except Passing as trouble:
            telemetry.not_warm(trouble)


def assemble(settings: Settings, ports: Ports, *, source: str) -> Assembly:
    """`source` names the function in messages."""
    ledger, history = Ledger(ports.state), History(ports.state)
    client = DeepfakeClient(
        scene_code=settings.scene_code,
        credentials=ports.credentials,
        endpoint=settings.cloudauth_endpoint,
        upload_endpoint=settings.upload_endpoint,
        image_timeout_s=settings.image_timeout_s,
        video_timeout_s=settings.video_timeout_s,
        pace=Fleet(ports.state, settings.calls_per_second),
        allowance=_allowance(settings, ports),
        allow_stand_in=settings.local,
    )
    screener = Screener(
        store=ports.store,
        ledger=ledger,
        transfer=_transfer(settings, ports.store, client),
        tagger=Tagger(ports.store, ledger, prefix=settings.tag_prefix, form=settings.tag_form),
        publisher=ports.publisher,
        history=history,
        policy=Policy(
            source=source,
            merchant_prefix=settings.merchant_prefix,
            strictness=settings.strictness,
            convert=settings.convert,
        ),
        quarantine=_quarantine(settings, ports, ledger),
    )
    return Assembly(client, screener, ports.store, ledger, history)


def assemble_ad_hoc(settings: Settings, parts: Assembly) -> AdHoc:
    """Who answers for single objects, files and URLs."""
    from facescreen.screening.on_demand import AdHoc

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
    from facescreen.http.auth import Tokens
    from facescreen.http.review import Review
    from facescreen.http.routes import Api
    from facescreen.screening.url_rules import UrlRules

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


def ports_of(settings: Settings, credentials: CredentialSource) -> Ports:
    """One cloud's SDKs load here, and never both. Of `credentials` a deployment on AWS has its
    own."""
    if isinstance(settings.platform, AwsSettings):
        from facescreen.assembly import aws

        return aws.ports(settings.state_bucket, settings.platform)
    from facescreen.assembly import alibaba

    return alibaba.ports(settings.state_bucket, settings.platform, credentials)


def _quarantine(settings: Settings, ports: Ports, ledger: Ledger) -> Quarantine | None:
    if settings.quarantine.action == "off":
        return None
    from facescreen.assembly.quarantine import quarantine

    return quarantine(settings, ports.credentials, ledger)


def _allowance(settings: Settings, ports: Ports) -> Allowance:
    if math.isinf(settings.daily_calls):
        return Unlimited(telemetry.paid)
    return DailyCap(ports.state, int(settings.daily_calls), on_paid=telemetry.paid)


def _transfer(settings: Settings, store: ObjectStore, client: DeepfakeClient) -> Transfer:
    detect = client.detect if settings.transfer == "url" else client.detect_stream
    by_url = ByUrl(store, detect, settings.presigned_url_s)
    inline = Inline(store, client.detect_stream)
    forms: dict[str, Transfer] = {"inline": inline, "auto": Auto(inline, by_url)}
    return forms.get(settings.transfer, by_url)
