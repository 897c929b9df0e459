"""The protections of the flow, each as a change that takes it out.

A fault campaign or an exploration without one of them must find a broken promise. The change is
made in a copy of the functions' code: nothing that is deployed knows of it.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.support.cloud_client import PROJECT


@dataclass(frozen=True)
class Protection:
    """`old` is the text in `file` that protects, `new` is the text without the protection."""

    name: str
    file: str
    old: str
    new: str

    def copy_without(self, target: Path) -> Path:
        """Copy the functions to `target` without this protection. Returns `target`."""
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(PROJECT / "functions", target, ignore=ignored)
        (target / "facescreen" / self.file).write_text(self.build_source())
        return target

    def build_source(self) -> str:
        """Return the text of the file without this protection."""
        source = (PROJECT / "functions" / "facescreen" / self.file).read_text()
        if source.count(self.old) != 1:
            raise ValueError(f"{self.name}: {self.file} does not have its text exactly once")
        return source.replace(self.old, self.new)


PROTECTIONS = (
    Protection(
        "bytes are equal if their SHA-256 is",
        "screening/revision_screener.py",
        "    return compute_content_id(pinned.sha256, screenable.media.kind,",
        "    return compute_content_id(pinned.head.etag, screenable.media.kind,",
    ),
    Protection(
        "one call for equal bytes under all keys",
        "screening/revision_screener.py",
        "    return compute_content_id(pinned.sha256, screenable.media.kind,",
        "    return compute_content_id(pinned.sha256 + pinned.ref.key, screenable.media.kind,",
    ),
    Protection(
        "a revision has settled",
        "screening/pinning.py",
        "if pinned.pin is not Pin.TIME or wait_s <= 0:",
        "if pinned.pin is not Pin.TIME or wait_s <= 1e9:",
    ),
    Protection(
        "time does not pin a multipart object",
        "screening/pinning.py",
        "return Pin.TIME if head.has_visible_time and is_time_plausible else",
        "return Pin.TIME if is_time_plausible else",
    ),
    Protection(
        "a URL proves nothing without a version",
        "screening/transfer.py",
        "return OutgoingContent(DetectRequest(url=presign, kind=kind), pinned.pin is Pin.VERSION)",
        "return OutgoingContent(DetectRequest(url=presign, kind=kind), True)",
    ),
    Protection(
        "the object is looked at after the call",
        "screening/revision_screener.py",
        "            lambda: self._tagger.look(pinned, attempt.deadline),\n"
        "        )\n        return seen",
        "            lambda: self._tagger.look(pinned, attempt.deadline),\n        )\n"
        "        from facescreen.screening.tagger import TaggedObject\n"
        "        return seen or TaggedObject(pinned, {})",
    ),
    Protection(
        "the object is looked at after its tags are written",
        "screening/tagger.py",
        "        pinned = self._pinner.look_again(seen.pinned, deadline)\n        return None if",
        "        pinned = seen.pinned\n        return None if",
    ),
    Protection(
        "a tagging request without an answer may still come",
        "screening/tagger.py",
        "            current = self._look_until_stable(seen.pinned, deadline, error)\n"
        "            if current is None:\n"
        "                self._wait_for_late_request(seen.pinned.ref, deadline, error)\n"
        "            return current",
        "            return self.look(seen.pinned, deadline)",
    ),
    Protection(
        "a verdict is taken off other bytes",
        "screening/tagger.py",
        "                self._remove_verdict(seen.pinned.ref, tags)\n",
        "",
    ),
    Protection(
        "what an overwrite left is repaired",
        "screening/screener.py",
        "            if not is_overwritten and not self._remove_stale_verdict(current):\n",
        "            if True:\n",
    ),
    Protection(
        "the uploader's tags are kept",
        "screening/tagger.py",
        "return {key: value for key, value in tags.items() if key not in our_keys}",
        "return {}",
    ),
    Protection(
        "an appendable object is unscreenable",
        "screening/revision_screener.py",
        '    ObjectType.APPENDABLE: "AppendableObject",\n',
        "",
    ),
    Protection(
        "a symlink is unscreenable",
        "screening/revision_screener.py",
        '    ObjectType.SYMLINK: "SymbolicLink",\n',
        "",
    ),
    Protection(
        "only one worker has a claim",
        "records/ledger.py",
        "            if current_claim is None:\n",
        "            if True:\n",
    ),
    Protection(
        "a finding is recorded before it is written",
        "screening/revision_screener.py",
        "            lambda: claim.record_finding(finding, is_proven=is_proof),\n",
        "            lambda: None,\n",
    ),
    Protection(
        "another date of the same bytes is not another upload",
        "screening/pinning.py",
        "            if (head.etag, head.size) != (pinned.head.etag, pinned.head.size):\n",
        "            if True:\n",
    ),
    Protection(
        "an older version is screened",
        "screening/screener.py",
        "        if not is_versioned or ref.version_id or not ref.etag:\n",
        "        if True:\n",
    ),
    Protection(
        "a message id names the upload",
        "message.py",
        "distinguishing = [outcome.object.uri, outcome.revision,",
        "distinguishing = [outcome.object.uri,",
    ),
    Protection(
        "a failure is delivered again",
        "screening/batch.py",
        "            raise delivery_failures[0]\n",
        "            pass\n",
    ),
    Protection(
        "a presigned URL stays out of the log",
        "deepfake/client.py",
        'logging.getLogger("httpx").addFilter(_RemoveQueryFilter())',
        "logging.basicConfig(level=logging.INFO)",
    ),
)
"""Protections that a fault campaign notices the absence of, by what they see to."""

ORDER_PROTECTIONS = (
    Protection(
        "the bytes are read again after the wait",
        "screening/pinning.py",
        "            self._clock.sleep(wait_s)\n",
        "            self._clock.sleep(wait_s)\n            return pinned\n",
    ),
    Protection(
        "the clocks of the store's nodes may differ",
        "model.py",
        "return self.last_modified + timedelta(seconds=1) + margin - self.date",
        "return self.last_modified + timedelta(seconds=1) - self.date",
    ),
    Protection(
        "an unproven finding is about one revision",
        "screening/revision_screener.py",
        "            if is_proven or _has_same_revision(seen.pinned, pinned):\n",
        "            if True:\n",
    ),
    Protection(
        "a look proves which bytes the service saw",
        "screening/revision_screener.py",
        "            if is_proof or _has_same_revision(seen.pinned, pinned):\n",
        "            if True:\n",
    ),
    Protection(
        "the second call after a change sends the bytes",
        "screening/revision_screener.py",
        "must_send_bytes = pinned.pin is Pin.BYTES or unproven_findings > 0",
        "must_send_bytes = pinned.pin is Pin.BYTES",
    ),
    Protection(
        "a claim is renewed before another call",
        "records/claims.py",
        "        self._renew(deadline)\n",
        "",
    ),
    Protection(
        "a slow response does not set the clock",
        "timing.py",
        "self._offset_s = min(max(self._offset_s, earliest_offset_s), latest_offset_s)",
        "self._offset_s = latest_offset_s - 1",
    ),
    Protection(
        "a finding is proven before another revision is done",
        "records/claims.py",
        "        if object_id != self._object_id:\n"
        "            self._append_line(self._build_release())\n",
        "",
    ),
    Protection(
        "the message comes after the look",
        "screening/verdict_writer.py",
        "        if pinned is None:\n            return outcome\n        if self._quarantine",
        "        if pinned is None:\n            self._announce(outcome, attempt.timings)\n"
        "            return outcome\n        if self._quarantine",
    ),
    Protection(
        "an object is done once its message is published",
        "screening/verdict_writer.py",
        "        self._announce(outcome, attempt.timings)\n        if self._quarantine",
        "        claim.mark_done(compute_object_id(pinned.ref, pinned.head.revision), record)\n"
        "        self._announce(outcome, attempt.timings)\n        if self._quarantine",
    ),
    Protection(
        "a lost answer to an append is looked up",
        "records/entry_log.py",
        "        return self._parse(key, content), content[entry.length :].startswith(data)\n",
        "        return self._parse(key, content), False\n",
    ),
)
"""Protections that matter only in an order of requests that a campaign rarely meets."""
