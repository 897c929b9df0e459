"""moto as a server on loopback in a separate process: S3, SQS, SNS, EventBridge and so on.

It checks neither signatures nor expiry (tests/e2e/aws/test_presigned_urls.py has a server that
does).
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from tests.support.moto_s3 import date_multipart_objects_from_their_initiation, skew_dates

_RECORDED_VARIABLES = (
    "REQUEST_METHOD", "RAW_URI", "HTTP_AUTHORIZATION", "HTTP_X_AMZ_COPY_SOURCE",
    "HTTP_X_AMZ_TARGET",
)  # fmt: skip
_PROJECT = Path(__file__).parents[2]


@contextmanager
def moto_server(s3_age_s: float = 0) -> Iterator[str]:
    """Run an empty server and yield its endpoint, the same for every service.

    `s3_age_s`: each object's Last-Modified is this many seconds before its PUT.
    """
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.moto_server"],
        cwd=_PROJECT,
        env={**os.environ, "MOTO_S3_AGE_S": str(s3_age_s)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        yield process.stdout.readline().strip()
        process.communicate()


def _count_requests(application: Any) -> None:
    """Answer ``GET /request-counts`` with the number of requests by service and method, and ``GET
    /requests`` with the distinct requests received."""
    counts: Counter[str] = Counter()
    requests: set[str] = set()
    handle = application.__call__

    def count_and_handle(self: Any, environ: dict[str, Any], start_response: Any) -> Any:
        reports = {"/request-counts": counts, "/requests": sorted(requests)}
        report = reports.get(environ["PATH_INFO"])
        if report is not None:
            start_response("200 OK", [("Content-Type", "application/json")])
            return [json.dumps(report).encode()]
        requests.add(json.dumps([environ.get(name, "") for name in _RECORDED_VARIABLES]))
        # The credential's scope names the service; a presigned URL is S3's.
        scope = environ.get("HTTP_AUTHORIZATION", "").partition("/aws4_request")[0]
        counts[f"{scope.rpartition('/')[2] or 's3'} {environ['REQUEST_METHOD']}"] += 1
        return handle(self, environ, start_response)

    application.__call__ = count_and_handle


def _set_clock() -> None:
    """Set each object's Last-Modified ``MOTO_S3_AGE_S`` seconds into the past."""
    from moto.s3 import models

    now, age = models.utcnow, timedelta(seconds=float(os.environ.get("MOTO_S3_AGE_S", "0")))
    models.utcnow = lambda: now() - age


def main() -> None:
    """Serve until stdin ends, as it does when the process that started this one ends."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication
    from moto.s3 import notifications
    from moto.server import ThreadedMotoServer

    get_moto_event = notifications._get_s3_event

    def get_complete_event(event_name: str, bucket: Any, key: Any, notification_id: str) -> Any:
        """The event with the fields that moto leaves out (S3, "Event message structure", 2.1)."""
        event = get_moto_event(event_name, bucket, key, notification_id)
        s3_object = event["Records"][0]["s3"]["object"]
        s3_object["sequencer"] = f"{time.time_ns():018X}"
        if bucket.is_versioned:
            s3_object["versionId"] = key.version_id
        return event

    notifications._get_s3_event = get_complete_event
    _count_requests(DomainDispatcherApplication)
    _set_clock()
    date_multipart_objects_from_their_initiation()
    skew_dates()
    # Without a cache each request reads moto's folder again, which takes a third of the time.
    get_backend = DomainDispatcherApplication.get_backend_for_host
    DomainDispatcherApplication.get_backend_for_host = cache(get_backend)
    # Its request log holds whole presigned URLs.
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    print("http://{}:{}".format(*server.get_host_and_port()), flush=True)  # noqa: T201
    sys.stdin.read()
    server.stop()


if __name__ == "__main__":
    main()
