"""A reader who gates on the tag: reads objects and their tags while the campaign runs."""

from __future__ import annotations

import hashlib
import random
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from time import sleep, time

import oss2

from tests.chaos.journal import Journal
from tests.chaos.plan import PLAIN_BUCKET, VERSIONED_BUCKET
from tests.chaos.uploaders import open_bucket

LOW_RISK = "low_risk"
_RECENT_S = 60.0
_SAMPLES_PER_ROUND = 6
_PAUSE_S = 0.15


@dataclass(frozen=True)
class Sample:
    """Bytes that were current from `since` to `until` while the tag said `verdict`."""

    bucket: str
    key: str
    version_id: str
    sha256: str
    verdict: str
    since: float
    until: float


class Reader(threading.Thread):
    """Samples recently written objects until it is closed.

    A sample is a read of the bytes, of the tags, and of the bytes again. It counts only if both
    reads show the same revision and no uploader wrote meanwhile. An object whose tag may be wrong
    is read again and again, so that the duration is known.
    """

    def __init__(
        self,
        env: dict[str, str],
        journal: Journal,
        verdicts_by_sha256: Mapping[str, str],
        seed: int,
    ) -> None:
        """`verdicts_by_sha256` are the verdicts that the contents must get."""
        super().__init__(daemon=True)
        self.samples: list[Sample] = []
        self.read_counts: Counter[str] = Counter()
        """How many reads became a sample, and why the others did not."""
        self._buckets = {name: open_bucket(env, name) for name in (PLAIN_BUCKET, VERSIONED_BUCKET)}
        self._journal = journal
        self._verdicts_by_sha256 = verdicts_by_sha256
        self._rng = random.Random(seed)  # noqa: S311
        self._is_closing = threading.Event()

    def run(self) -> None:
        suspects: list[tuple[str, str]] = []
        while not self._is_closing.is_set():
            recent = self._journal.recent_objects(time() - _RECENT_S)
            drawn = self._rng.sample(recent, min(_SAMPLES_PER_ROUND, len(recent)))
            suspects = [one for one in dict.fromkeys((*suspects, *drawn)) if self._sample(*one)]
            sleep(0 if suspects else _PAUSE_S)

    def close(self) -> None:
        self._is_closing.set()
        self.join()

    def _sample(self, bucket: str, key: str) -> bool:
        """Take one sample. Returns whether its tag may be wrong."""
        since = time()
        try:
            sample = self._read(self._buckets[bucket], key, since)
        # Faults and deletions: nothing was read.
        except oss2.exceptions.OssError as error:
            self.read_counts[f"failed with {type(error).__name__}"] += 1
            return False
        if sample is None:
            self.read_counts["no verdict, or another revision"] += 1
            return False
        if self._was_written(bucket, key, since, sample.until):
            self.read_counts["written meanwhile"] += 1
            return False
        self.read_counts["samples"] += 1
        self.samples.append(sample)
        is_low_risk = self._verdicts_by_sha256.get(sample.sha256) == LOW_RISK
        return sample.verdict == LOW_RISK and not is_low_risk

    def _read(self, bucket: oss2.Bucket, key: str, since: float) -> Sample | None:
        first = bucket.get_object(key)
        sha256 = hashlib.sha256(first.read()).hexdigest()
        tags = bucket.get_object_tagging(key).tag_set.tagging_rule
        verdict = tags.get("deepfake-verdict", "")
        second = bucket.head_object(key)
        if _revision(first) != _revision(second) or not verdict:
            return None
        version = first.versionid or ""
        return Sample(bucket.bucket_name, key, version, sha256, verdict, since, time())

    def _was_written(self, bucket: str, key: str, since: float, until: float) -> bool:
        return any(one.overlaps(since, until) for one in self._journal.about(bucket, key))


def _revision(result: oss2.models.HeadObjectResult) -> tuple[str, ...]:
    return (result.versionid or "", result.etag, result.headers["Last-Modified"])
