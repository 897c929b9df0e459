"""Why an object was given up, by the tags that the function left on it."""

from __future__ import annotations

from dataclasses import dataclass

from facescreen import errors
from facescreen.clients.boto import Refusal
from facescreen.deepfake.response import REMEDIES, get_error_class
from facescreen.model import ObjectRef, Verdict
from facescreen.storage.ports import ObjectStore
from facescreen.tags import read_tags
from facescreen.timing import retry
from facescreen_cli.buckets import permission_hint
from facescreen_cli.commands.redrive.causes import ALREADY_SCREENED, NOT_TOLD, kind_of


@dataclass(frozen=True)
class S3Standing:
    """What stands on objects of S3. Safe to use from several threads."""

    store: ObjectStore
    tag_prefix: str
    tag_form: str

    def why(self, ref: ObjectRef) -> tuple[str, str]:
        """The error's class, or a word of causes.py, and a text about it."""
        action = f"s3:GetObject{'Version' if ref.version_id else ''}Tagging"
        try:
            with permission_hint(action, ref.bucket):
                tags = retry(lambda: self.store.get_tags(ref))
        except (errors.ObjectNotFoundError, errors.InvalidEventError) as final:
            return final.name, str(final)
        except errors.FacescreenError as unread:
            return NOT_TOLD, f"its tags can't be read: {unread}"
        return self._told(ref, tags)

    def _told(self, ref: ObjectRef, tags: dict[str, str]) -> tuple[str, str]:
        found = read_tags(tags, prefix=self.tag_prefix, form=self.tag_form)
        if found is None:
            return NOT_TOLD, "no verdict stands on it"
        if found.etag != ref.etag:
            return errors.ObjectChangedError.name, "a verdict on other bytes stands on it"
        if found.verdict is not Verdict.FAILED:
            return ALREADY_SCREENED, f"it is {found.verdict.value}"
        reason = ":".join(found.reasons)
        return _error(reason), "; ".join(filter(None, (reason, REMEDIES.get(reason))))


def _error(reason: str) -> str:
    """The class of what findings.failed put into a tag: a service's code, or that class itself."""
    if not reason:
        return NOT_TOLD
    if kind_of(reason):
        return reason
    kind = get_error_class(reason, 400)
    if kind is errors.OperatorError:
        kind = Refusal(reason, "").kind(errors.OperatorError)
    return reason if kind is errors.OperatorError else kind.name
