"""moto as a server on loopback, in a process of its own: S3, SQS, SNS, EventBridge and so on.

It checks no signature and no expiry (tests/e2e/aws/test_presigned_urls.py has a server that does).
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

_TOLD = (
    "REQUEST_METHOD", "RAW_URI", "HTTP_AUTHORIZATION", "HTTP_X_AMZ_COPY_SOURCE",
    "HTTP_X_AMZ_TARGET",
)  # fmt: skip
_PROJECT = Path(__file__).parents[2]


@contextmanager
def moto_server(s3_age_s: float = 0) -> Iterator[str]:
    """Its endpoint, for every service. It starts empty. Objects are that old when they are put."""
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
    """``GET /counted`` tells how many requests came, by service and method; ``GET /made``, what
    they were."""
    counted: Counter[str] = Counter()
    made: set[str] = set()
    called = application.__call__

    def counting(self: Any, environ: dict[str, Any], start_response: Any) -> Any:
        told = {"/counted": counted, "/made": sorted(made)}.get(environ["PATH_INFO"])
        if told is not None:
            start_response("200 OK", [("Content-Type", "application/json")])
            return [json.dumps(told).encode()]
        made.add(json.dumps([environ.get(name, "") for name in _TOLD]))
        # The credential's scope names the service; a presigned URL is S3's.
        scope = environ.get("HTTP_AUTHORIZATION", "").partition("/aws4_request")[0]
        counted[f"{scope.rpartition('/')[2] or 's3'} {environ['REQUEST_METHOD']}"] += 1
        return called(self, environ, start_response)

    application.__call__ = counting


def _set_clock() -> None:
    """``MOTO_S3_AGE_S`` seconds are taken off the times at which objects were written."""
    from moto.s3 import models

    now, age = models.utcnow, timedelta(seconds=float(os.environ.get("MOTO_S3_AGE_S", "0")))
    models.utcnow = lambda: now() - age


def main() -> None:
    """Serves until stdin ends, as it does with the process that started this one."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication
    from moto.s3 import notifications
    from moto.server import ThreadedMotoServer

    of_moto = notifications._get_s3_event

    def as_s3_has_it(event_name: str, bucket: Any, key: Any, notification_id: str) -> Any:
        """With what moto leaves out ("Event message structure", eventVersion 2.1)."""
        message = of_moto(event_name, bucket, key, notification_id)
        described = message["Records"][0]["s3"]["object"]
        described["sequencer"] = f"{time.time_ns():018X}"
        if bucket.is_versioned:
            described["versionId"] = key.version_id
        return message

    notifications._get_s3_event = as_s3_has_it
    _count_requests(DomainDispatcherApplication)
    _set_clock()
    # For every request it reads its own folder, which takes a third of the time.
    named = DomainDispatcherApplication.get_backend_for_host
    DomainDispatcherApplication.get_backend_for_host = cache(named)
    # A line for each request, presigned URLs whole.
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    print("http://{}:{}".format(*server.get_host_and_port()), flush=True)  # noqa: T201
    sys.stdin.read()
    server.stop()


if __name__ == "__main__":
    main()
