"""A server whose clock is wrong."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, HTTPServer
from time import time


@contextmanager
def run_server_with_clock(ahead_s: float) -> Iterator[str]:
    """Run the server and yield its URL. Its Date header is `ahead_s` seconds ahead."""

    class ForbiddenHandler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response(403)
            self.end_headers()

        def date_time_string(self, timestamp: float | None = None) -> str:
            return formatdate((timestamp or time()) + ahead_s, usegmt=True)

        def log_message(self, format: str, *args: object) -> None:
            """Do not log."""

    with HTTPServer(("127.0.0.1", 0), ForbiddenHandler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
