"""An HTTP server on loopback that sends fixed responses which no emulator sends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from urllib.parse import urlsplit

StubResponse = tuple[int, bytes]
"""Status and body."""


@dataclass
class StubServer:
    """A running server; `requests` are the request lines received."""

    url: str
    requests: list[str] = field(default_factory=list)


@contextmanager
def stub_server(**by_path: StubResponse) -> Iterator[StubServer]:
    """Run a server: with ``aws=(200, b"…")`` that is its response to each POST to /aws."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            stub.requests.append(self.requestline)
            self.rfile.read(int(self.headers["Content-Length"]))
            status, body = by_path[urlsplit(self.path).path.split("/")[1]]
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        stub = StubServer(f"http://127.0.0.1:{server.server_port}")
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield stub
        finally:
            server.shutdown()
            thread.join()
