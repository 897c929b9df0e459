"""An HTTP server on loopback that answers each GET and PUT with one object, as no emulator does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count, repeat
from operator import itemgetter
from threading import Thread

OBJECT_HEADERS = {
    "Date": "Mon, 23 Nov 2026 04:05:09 GMT",
    "Last-Modified": "Mon, 23 Nov 2026 04:05:06 GMT",
    "ETag": '"e1"',
    "x-oss-object-type": "Normal",
}
_CHUNK = b"0" * 65536


@dataclass
class ObjectServer:
    """A running server."""

    url: str
    sent_bytes: int = 0
    """Bytes of bodies that were sent."""
    requests: list[str] = field(default_factory=list)
    """The request lines received."""
    connections: set[tuple[str, int]] = field(default_factory=set)
    """The clients' addresses and ports."""


@contextmanager
def object_server(
    headers: dict[str, str],
    body: bytes = b"",
    *,
    status: int = 200,
    announced_bytes: int | None = None,
    unanswered_puts: int = 0,
) -> Iterator[ObjectServer]:
    """Answer with `headers`, which override OBJECT_HEADERS unless empty, and `body`.

    With `announced_bytes` the response announces that length. It ends after `body`, or if that is
    empty, sends zeros until the client has gone. The first `unanswered_puts` PUTs are received, and
    their connections are closed.
    """
    length = len(body) if announced_bytes is None else announced_bytes
    all_headers = {**OBJECT_HEADERS, "Content-Length": str(length), **headers}
    response_headers = dict(filter(itemgetter(1), all_headers.items()))

    put_numbers = count()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            server_state.requests.append(self.requestline)
            server_state.connections.add(self.client_address)
            self.send_response_only(status)
            for name, value in response_headers.items():
                self.send_header(name, value)
            self.end_headers()

        def do_GET(self) -> None:
            self.do_HEAD()
            # A client may go before it has received the whole body.
            with suppress(ConnectionError):
                for chunk in _iterate_chunks(body, length):
                    self.wfile.write(chunk)
                    server_state.sent_bytes += len(chunk)
            self.close_connection = length > len(body)

        def do_PUT(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            if next(put_numbers) < unanswered_puts:
                server_state.requests.append(self.requestline)
                self.close_connection = True
            else:
                self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        server_state = ObjectServer(f"http://127.0.0.1:{server.server_port}")
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server_state
        finally:
            server.shutdown()
            thread.join()


def _iterate_chunks(body: bytes, length: int) -> Iterator[bytes]:
    if body or not length:
        return iter([body])
    return repeat(_CHUNK)
