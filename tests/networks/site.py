"""A small web site on loopback for the tests: pages given as data, requests kept."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Page:
    """What one path answers; headers may repeat a name."""

    body: bytes = b""
    status: int = 200
    headers: Sequence[tuple[str, str]] = ()
    type: str = "text/html; charset=utf-8"
    refuses_head: bool = False


@dataclass
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Site:
    """The running site: put pages in `pages`, read `asked`."""

    url: str
    pages: dict[str, Page] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def put(self, path: str, body: str | bytes = b"", **fields: object) -> str:
        content = body.encode() if isinstance(body, str) else body
        self.pages[path] = Page(content, **fields)  # type: ignore[arg-type]
        return self.url + path


@contextmanager
def serve_site() -> Iterator[Site]:
    """A site on a free port of loopback, gone with the block."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            size = int(self.headers.get("content-length") or 0)
            got = {name.lower(): value for name, value in self.headers.items()}
            site.asked.append(Asked(self.command, self.path, got, self.rfile.read(size)))
            page = site.pages.get(self.path, Page(b"nothing here", 404))
            if page.refuses_head and self.command == "HEAD":
                page = Page(status=405)
            self.send_response(page.status)
            for name, value in page.headers:
                self.send_header(name, value)
            if page.type:
                self.send_header("content-type", page.type)
            self.send_header("content-length", str(len(page.body)))
            self.end_headers()
            if self.command != "HEAD" and page.status != 304:
                self.wfile.write(page.body)

        do_GET = do_HEAD = do_POST = answer  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site = Site(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
