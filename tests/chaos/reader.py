"""A reader who gates on the tag: reads objects and their tags while the campaign runs."""

from __future__ import annotations

import hashlib
import random
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from time import sleep, time

import oss2

from tests.chaos.journal import Journal
from tests.chaos.plan import PLAIN_BUCKET, VERSIONED_BUCKET
from tests.chaos.uploaders import open_bucket

LOW_RISK = "low_risk"
_RECENT_S, _JUST_OVERWRITTEN_S = 60.0, 12.0
_SUSPICIOUS_PER_ROUND, _OTHERS_PER_ROUND = 5, 2
_PAUSE_S = 0.15
_PAUSE_WITH_FALSE_TAGS_S = 0.05


@dataclass(frozen=True)
class Sample:
    """A tag that said `verdict` between `since` and `until`, on bytes that were current then."""

    bucket: str
    key: str
    sha256: str
    """Of the bytes, which are read only if the verdict is low_risk."""
    verdict: str
    """Empty if there was none."""
    since: float
    until: float


class Reader(threading.Thread):
    """Samples recently written objects until it is closed.

    A sample is a read of the tags and then of the bytes, as a consumer does it who gates on the
    tag. It counts only if no uploader wrote meanwhile. Objects whose low risk bytes were just
    replaced by others are read most, and one whose tag is false is read again and again, so that
    the duration is known.
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
        falsely_tagged: list[tuple[str, str]] = []
        while not self._is_closing.is_set():
            to_read = dict.fromkeys((*falsely_tagged, *self._choose_objects()))
            falsely_tagged = [one for one in to_read if self._sample(*one)]
            sleep(_PAUSE_WITH_FALSE_TAGS_S if falsely_tagged else _PAUSE_S)

    def close(self) -> None:
        self._is_closing.set()
        self.join()

    def _choose_objects(self) -> Iterator[tuple[str, str]]:
        recent = self._journal.recent_objects(time() - _RECENT_S)
        just_written = self._journal.recent_objects(time() - _JUST_OVERWRITTEN_S)
        suspicious = [one for one in just_written if self._may_have_a_false_tag(*one)]
        for objects, count in (suspicious, _SUSPICIOUS_PER_ROUND), (recent, _OTHERS_PER_ROUND):
            yield from self._rng.sample(objects, min(count, len(objects)))

    def _may_have_a_false_tag(self, bucket: str, key: str) -> bool:
        """Whether other bytes have replaced low risk ones."""
        uploads = [one.sha256 for one in self._journal.about(bucket, key) if one.sha256]
        *earlier, last = map(self._is_low_risk, uploads or [""])
        return any(earlier) and not last

    def _is_low_risk(self, sha256: str) -> bool:
        return self._verdicts_by_sha256.get(sha256) == LOW_RISK

    def _sample(self, bucket: str, key: str) -> bool:
        """Take one sample. Returns whether its tag may be false."""
        since = time()
        try:
            sample = self._read(self._buckets[bucket], key, since)
        # Faults and deletions: nothing was read.
        except oss2.exceptions.OssError as error:
            self.read_counts[f"failed with {type(error).__name__}"] += 1
            return False
        if any(one.overlaps(since, sample.until) for one in self._journal.about(bucket, key)):
            self.read_counts["written meanwhile"] += 1
            return False
        self.read_counts["samples"] += 1
        self.samples.append(sample)
        return sample.verdict == LOW_RISK and not self._is_low_risk(sample.sha256)

    def _read(self, bucket: oss2.Bucket, key: str, since: float) -> Sample:
        tags = bucket.get_object_tagging(key).tag_set.tagging_rule
        verdict, sha256 = tags.get("deepfake-verdict", ""), ""
        if verdict == LOW_RISK:
            sha256 = hashlib.sha256(bucket.get_object(key).read()).hexdigest()
        return Sample(bucket.bucket_name, key, sha256, verdict, since, time())
