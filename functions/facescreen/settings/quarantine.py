"""What is done about a high risk, and where a moved object goes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from facescreen.environment import EnvironmentReader
    from facescreen.events.filters import Filters
    from facescreen.model import ObjectRef

ACTIONS = ("off", "move", "private")
_LONGEST_KEY = 1023
"""Bytes, on OSS; S3 takes one more."""
_PREFIX = r"(?:[A-Za-z0-9_][A-Za-z0-9_.=-]{0,59}/){1,4}"
_PREFIX_SAYS = "folders of letters, digits or _ . = - that end with a slash, such as quarantine/"


@dataclass(frozen=True)
class QuarantineSettings:
    """A moved object stands under ``<prefix><its bucket>/<MerchantBizId>/<its key>``: what was
    found about it can be looked up by its name, and other bytes never come over it."""

    action: str
    """``off``; ``move`` to `bucket`, which is to be a private one; ``private``: the object stays,
    and its access list opens it to nobody."""
    bucket: str
    prefix: str
    on_stand_in: bool
    """Act on a stand-in's verdict too, which says nothing of deepfakes: to try the action on a
    local cloud, and refused anywhere else."""

    @classmethod
    def read(cls, read: EnvironmentReader) -> QuarantineSettings:
        """What is wrong is left with the reader."""
        return cls(
            action=read.choice("QUARANTINE", ACTIONS, "off"),
            bucket=read.bucket("QUARANTINE_BUCKET", "your buckets", ""),
            prefix=read.text("QUARANTINE_PREFIX", _PREFIX, _PREFIX_SAYS, "README", "quarantine/"),
            on_stand_in=read.switch("QUARANTINE_STAND_IN", default=False),
        )

    def at_odds(self, filters: Filters, *, state_bucket: str, local: bool) -> list[str]:
        """What of these settings does not go with the others, a sentence for each."""
        wrong = []
        if self.on_stand_in and not local:
            wrong.append("QUARANTINE_STAND_IN is for a local cloud alone (FACESCREEN_LOCAL=true)")
        if self.action == "move":
            wrong += self._at_odds_to_move(filters, state_bucket)
        return wrong

    def _at_odds_to_move(self, filters: Filters, state_bucket: str) -> list[str]:
        wrong = []
        if self.bucket in ("", state_bucket):
            wrong.append("QUARANTINE=move needs QUARANTINE_BUCKET, and not the STATE_BUCKET")
        if not filters.skip_all_under(self.prefix):
            wrong.append(
                f"a copy in quarantine would be screened as an upload: EXCLUDE_PREFIXES must name "
                f"the QUARANTINE_PREFIX, {self.prefix}"
            )
        return wrong

    def place(self, ref: ObjectRef, merchant_biz_id: str) -> ObjectRef | None:
        """Where `ref` is moved to; None where the name would be longer than stores take."""
        key = f"{self.prefix}{ref.bucket}/{merchant_biz_id}/{ref.key}"
        if len(key.encode()) > _LONGEST_KEY:
            return None
        return replace(ref, bucket=self.bucket, key=key, etag="", version_id="")

    def origin(self, moved: ObjectRef) -> ObjectRef | None:
        """Where what stands in quarantine came from; None for what stands elsewhere."""
        if moved.bucket != self.bucket or not moved.key.startswith(self.prefix):
            return None
        bucket, _, rest = moved.key[len(self.prefix) :].partition("/")
        key = rest.partition("/")[2]
        if not (bucket and key):
            return None
        return replace(moved, bucket=bucket, key=key, etag="", version_id="")
