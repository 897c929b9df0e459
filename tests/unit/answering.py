"""A server on loopback that answers what it is told, for answers that no stand-in gives."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

Answer = tuple[int, bytes]
"""Status and body."""


@dataclass
class Answering:
    """A server that runs; `asked` are its request lines."""

    url: str
    asked: list[str] = field(default_factory=list)


@contextmanager
def answering(**by_folder: Answer) -> Iterator[Answering]:
    """``aws=(200, b"…")`` is what a POST to /aws gets."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            running.asked.append(self.requestline)
            self.rfile.read(int(self.headers["Content-Length"]))
            status, body = by_folder[self.path.split("/")[1]]
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        running = Answering(f"http://127.0.0.1:{server.server_port}")
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield running
        finally:
            server.shutdown()
            thread.join()
