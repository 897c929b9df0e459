"""Reads from an S3 object's tags why its screening failed."""

from __future__ import annotations

from dataclasses import dataclass

from facescreen import errors
from facescreen.clients.boto import AwsErrorResponse
from facescreen.deepfake.response import REMEDIES_BY_CODE, get_error_class
from facescreen.model import ObjectRef, Verdict
from facescreen.storage.ports import ObjectStore
from facescreen.tags import read_tagged_verdict
from facescreen.timing import retry
from facescreen_cli.buckets import name_missing_permission
from facescreen_cli.commands.redrive.causes import ALREADY_SCREENED, UNKNOWN_CAUSE, find_error_class


@dataclass(frozen=True)
class TagCauseFinder:
    """Reads the tags of S3 objects. Safe to use from several threads."""

    store: ObjectStore
    tag_prefix: str
    tag_form: str

    def find(self, ref: ObjectRef) -> tuple[str, str]:
        """Returns the name of the error or of a cause in causes.py, and a message."""
        action = f"s3:GetObject{'Version' if ref.version_id else ''}Tagging"
        try:
            with name_missing_permission(action, ref.bucket):
                tags = retry(lambda: self.store.get_tags(ref))
        except (errors.ObjectNotFoundError, errors.InvalidEventError) as error:
            return error.name, str(error)
        except errors.FacescreenError as error:
            return UNKNOWN_CAUSE, f"its tags can't be read: {error}"
        return self._read_cause(ref, tags)

    def _read_cause(self, ref: ObjectRef, tags: dict[str, str]) -> tuple[str, str]:
        tagged_verdict = read_tagged_verdict(tags, prefix=self.tag_prefix, form=self.tag_form)
        if tagged_verdict is None:
            return UNKNOWN_CAUSE, "it has no verdict"
        if tagged_verdict.etag != ref.etag:
            return errors.ObjectChangedError.name, "its verdict is about other bytes"
        if tagged_verdict.verdict is not Verdict.FAILED:
            return ALREADY_SCREENED, f"it is {tagged_verdict.verdict.value}"
        reason = ":".join(tagged_verdict.reasons)
        return _find_error_for_reason(reason), "; ".join(
            filter(None, (reason, REMEDIES_BY_CODE.get(reason)))
        )


def _find_error_for_reason(reason: str) -> str:
    """The name of the error for a reason in a tag: a service's code, or an error's name."""
    if not reason:
        return UNKNOWN_CAUSE
    if find_error_class(reason):
        return reason
    error_class = get_error_class(reason, 400)
    if error_class is errors.OperatorError:
        error_class = AwsErrorResponse(reason, "").error_class(errors.OperatorError)
    return reason if error_class is errors.OperatorError else error_class.name
