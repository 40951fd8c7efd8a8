"""A small server of our own on loopback, whose pages each misbehave in one way."""

import gzip
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from parvis.lib import address, http


@dataclass
class Server:
    """Where it listens, what it was asked (method, path, headers, body), where its redirects lead."""

    url: str
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    place: str = ""
    client_left: threading.Event = field(default_factory=threading.Event)


class _Pages(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Any

    def log_message(self, *_: Any) -> None:
        """The tests read `asked` instead."""

    def _answer(self) -> None:
        state: Server = self.server.state
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        path = self.path.split("?")[0]
        state.asked.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        if path.startswith("/redirect/"):
            self._reply(int(path.split("/")[2]), b"", {"location": state.place})
        elif path == "/bomb":
            self._reply(200, gzip.compress(b"\0" * 50_000_000), {"content-encoding": "gzip"})
        elif path == "/packed":
            self._reply(200, gzip.compress("déjà".encode()), {"content-encoding": "gzip"})
        elif path == "/brotli":
            self._reply(200, b"x", {"content-encoding": "br"})
        elif path == "/endless":
            self._drip(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65_536)
        elif path == "/slow-body":
            self._drip(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n", b"x", pause=0.05)
        elif path == "/slow-head":
            self._drip(b"HTTP/1.1 200 OK\r\n", b"x: y\r\n", pause=0.05)
        elif path == "/hang-up":
            self.close_connection = True
        elif path == "/short":
            self._drip(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n", b"", times=1)
        elif path == "/events":
            self._drip(b"HTTP/1.1 200 OK\r\n\r\n", "data: é\r\n\r\ndata: 2\n".encode(), times=1)
        elif path == "/long-line":
            self._drip(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65_536)
        elif path == "/refused":
            self._reply(401, b"no", {})
        elif path == "/twice":
            self._reply(200, b'{"a": 1}', {"link": "<a>", "Link": "<b>", "content-type": "application/json"})
        elif path == "/deep":
            self._reply(200, b"[" * 200_000, {})
        else:
            self._reply(200, "é".encode("latin-1"), {"content-type": "text/html; charset=latin-1"})

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815

    def _reply(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "content-length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _drip(self, head: bytes, piece: bytes, *, pause: float = 0.0, times: int = 2_000) -> None:
        self.close_connection = True
        state: Server = self.server.state
        try:
            self.wfile.write(head)
            for _ in range(times):
                self.wfile.write(piece)
                self.wfile.flush()
                if pause and self.server.closing.wait(pause):
                    return
        except OSError:
            state.client_left.set()


def _serve() -> Iterator[Server]:
    listening = ThreadingHTTPServer(("127.0.0.1", 0), _Pages)
    listening.state = Server(f"http://127.0.0.1:{listening.server_port}")  # type: ignore[attr-defined]
    listening.closing = threading.Event()  # type: ignore[attr-defined]
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield listening.state  # type: ignore[attr-defined]
    listening.closing.set()  # type: ignore[attr-defined]
    listening.shutdown()
    listening.server_close()
    thread.join()


@pytest.fixture
def server(loopback: None) -> Iterator[Server]:
    yield from _serve()


@pytest.fixture
def elsewhere(loopback: None) -> Iterator[Server]:
    yield from _serve()


@pytest.fixture
def as_shipped() -> Iterator[None]:
    """The guard as it is for every firm: no allowance at all."""
    before, any_port = [str(network) for network in address._allowed], address._any_port
    http.allow([], any_port=False)
    yield
    http.allow(before, any_port=any_port)


@pytest.fixture
def loopback(as_shipped: None) -> None:
    """What a test instance allows: 127.0.0.1 alone, on any port."""
    http.allow(["127.0.0.1/32"], any_port=True)
