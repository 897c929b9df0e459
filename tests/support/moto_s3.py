"""Makes moto's S3 as coarse as S3, where S3's documents say so.

Object dates have whole seconds in both. moto's tag counts, types and replication status are not
corrected: S3 has no object types, and moto has no replicas.
"""

from __future__ import annotations

import random
import time
from functools import cache, wraps
from typing import Any
from wsgiref.handlers import format_date_time

from werkzeug.serving import WSGIRequestHandler

MAX_CLOCK_SKEW_S = 0.9
"""How far the clocks of a request's node and of the node that wrote the object differ at most."""


@cache
def date_multipart_objects_from_their_initiation() -> None:
    """Give each object of a multipart upload the upload's initiation as its Last-Modified.

    In a versioned bucket the version whose upload started last is the current one, so an upload
    that is completed late may never become current.
    """
    from moto.s3 import models

    initiate = models.FakeMultipart.__init__
    complete = models.S3Backend.complete_multipart_upload

    @wraps(initiate)
    def initiate_with_date(self: Any, *args: Any, **kwargs: Any) -> None:
        initiate(self, *args, **kwargs)
        self.initiated = models.utcnow()

    @wraps(complete)
    def complete_with_date(self: Any, bucket_name: str, multipart_id: str, body: Any) -> Any:
        bucket = self.get_bucket(bucket_name)
        initiated = bucket.multiparts[multipart_id].initiated
        key = complete(self, bucket_name, multipart_id, body)
        key.last_modified = initiated
        if bucket.is_versioned:
            versions = bucket.keys.getlist(key.name)
            bucket.keys.setlist(key.name, sorted(versions, key=lambda each: each.last_modified))
        return key

    models.FakeMultipart.__init__ = initiate_with_date
    models.S3Backend.complete_multipart_upload = complete_with_date


@cache
def skew_dates() -> None:
    """Give each response the Date of a node whose clock differs from that of moto's objects."""

    def format_skewed_time(_: WSGIRequestHandler) -> str:
        skew_s = random.uniform(-MAX_CLOCK_SKEW_S, MAX_CLOCK_SKEW_S)  # noqa: S311
        return format_date_time(time.time() + skew_s)

    WSGIRequestHandler.date_time_string = format_skewed_time  # type: ignore[assignment]
