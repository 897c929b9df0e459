"""The settings of a deployment, read from the environment once, at initialisation."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from facescreen.clients.endpoints import PUBLIC_ENDPOINT, UPLOAD_ENDPOINT, VPC_ENDPOINT
from facescreen.environment import EnvironmentReader
from facescreen.errors import BadSettings
from facescreen.events.filters import Filters
from facescreen.requirements import Strictness
from facescreen.settings.alibaba import AlibabaSettings
from facescreen.settings.aws import AwsSettings
from facescreen.settings.quarantine import QuarantineSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "TAG_FORMS",
    "TRANSFERS",
    "AlibabaSettings",
    "AwsSettings",
    "QuarantineSettings",
    "Settings",
]

TAG_FORMS = ("separate", "merged", "none")
TRANSFERS = ("stream", "url", "inline", "auto")


@dataclass(frozen=True)
class Settings:
    """Every setting of the functions, checked. The names in the environment are in upper case."""

    scene_code: str
    state_bucket: str
    cloudauth_endpoint: str
    upload_endpoint: str
    merchant_prefix: str
    calls_per_second: float
    daily_calls: float
    """The most that are paid for in a day (UTC); infinite where there is no cap."""
    image_timeout_s: float
    video_timeout_s: float
    presigned_url_s: int
    transfer: str
    """``stream``: by DeepfakeDetectIntlStream, which keeps the presigned URL out of request lines
    and so out of access logs; ``url``: by DeepfakeDetectIntl, with the URL in the query;
    ``inline``: no URL, the bytes; ``auto``: inline what fits into Base64, stream for the rest."""
    convert: bool
    strictness: Strictness
    tag_prefix: str
    tag_form: str
    filters: Filters
    quarantine: QuarantineSettings
    local: bool
    platform: AlibabaSettings | AwsSettings

    @property
    def alibaba(self) -> AlibabaSettings:
        """Raises BadSettings for a deployment on AWS."""
        if not isinstance(self.platform, AlibabaSettings):
            raise BadSettings("these are the settings of a deployment on AWS")
        return self.platform

    @property
    def most_receives(self) -> int:
        """How often a message is delivered before it is a dead letter; 0 where nobody counts."""
        return self.platform.most_receives if isinstance(self.platform, AwsSettings) else 0

    @classmethod
    def from_env(cls, environment: Mapping[str, str], *, on_aws: bool | None = None) -> Settings:
        """Reads and checks all of them, by default for the cloud that runs this. Raises
        BadSettings, which names every one that is wrong."""
        read = EnvironmentReader(environment)
        if on_aws is None:  # Lambda sets it; nothing else does
            on_aws = bool(environment.get("AWS_LAMBDA_FUNCTION_NAME"))
        settings = cls(
            scene_code=read.text(
                "SCENE_CODE",
                r"[A-Za-z0-9_]{10}",
                "exactly 10 letters, digits or underscores",
                "ID Verification console, Scenes",
            ),
            state_bucket=read.bucket("STATE_BUCKET", _STATE),
            cloudauth_endpoint=read.endpoint(
                "CLOUDAUTH_ENDPOINT", PUBLIC_ENDPOINT if on_aws else VPC_ENDPOINT
            ),
            upload_endpoint=read.endpoint("CLOUDAUTH_UPLOAD_ENDPOINT", UPLOAD_ENDPOINT),
            merchant_prefix=read.text(
                "MERCHANT_PREFIX",
                r"[A-Za-z0-9]{1,12}",
                "1 to 12 letters or digits",
                "your own abbreviation; it starts every MerchantBizId",
                "fs",
            ),
            calls_per_second=read.number("CALLS_PER_SECOND", 0.1, 10_000, 10),
            daily_calls=read.number("DAILY_CALLS", 1, 100_000_000, math.inf),
            image_timeout_s=read.number("IMAGE_TIMEOUT_SECONDS", 1, 120, 8),
            video_timeout_s=read.number("VIDEO_TIMEOUT_SECONDS", 3, 300, 20),
            presigned_url_s=int(read.number("PRESIGNED_URL_SECONDS", 60, 3600, 300)),
            transfer=read.choice("TRANSFER", TRANSFERS, "stream"),
            convert=read.switch("CONVERT", default=True),
            strictness=Strictness(
                read.choice("STRICTNESS", tuple(s.value for s in Strictness), "standard")
            ),
            tag_prefix=read.text(
                "TAG_PREFIX",
                r"[A-Za-z0-9+\-=._:/ ]{1,100}",
                "1 to 100 letters, digits, spaces or + - = . _ : /",
                "README, Tags",
                "deepfake-",
            ),
            tag_form=read.choice("TAG_FORM", TAG_FORMS, "separate"),
            filters=Filters(
                include_prefixes=read.listed("INCLUDE_PREFIXES"),
                exclude_prefixes=read.listed("EXCLUDE_PREFIXES"),
                include_suffixes=tuple(s.lower() for s in read.listed("INCLUDE_SUFFIXES")),
                exclude_suffixes=tuple(s.lower() for s in read.listed("EXCLUDE_SUFFIXES")),
                smallest=int(read.number("SMALLEST_BYTES", 0, 2**40, 0)),
                largest=int(read.number("LARGEST_BYTES", 1, 2**40, 2**40)),
            ),
            quarantine=QuarantineSettings.read(read),
            local=read.switch("FACESCREEN_LOCAL", default=False),
            platform=AwsSettings.read(read) if on_aws else AlibabaSettings.read(read),
        )
        read.wrong += settings.quarantine.at_odds(
            settings.filters, state_bucket=settings.state_bucket, local=settings.local
        )
        read.check()
        return settings


_STATE = "an unversioned bucket of its own, not a watched one"
