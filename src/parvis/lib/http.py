"""The only way out to the network: every address checked after DNS and on each redirect, body, time and type capped.

Loopback is allowed only by a start-up option of the process (`allow`), which no screen can reach.
"""

import json as jsonlib
import ssl
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from socket import create_connection, socket
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpcore2 as httpcore
import httpx2 as httpx
from httpcore2._backends.sync import SyncBackend
from websockets.exceptions import ConnectionClosed, ConnectionClosedOK, InvalidHandshake
from websockets.sync.client import ClientConnection, connect

from parvis.lib import address
from parvis.lib.address import Blocked, HttpError, Lost, TooLarge, Unreachable, WrongType, check_url, resolve

__all__ = [
    "Blocked", "HttpError", "Lost", "Reply", "TooLarge", "Unreachable", "WrongType",
    "allow", "request", "stream_lines", "websocket",
]  # fmt: skip

USER_AGENT = "Parvis/0.1 (self-hosted social desk)"
_MAX_LINE = 1_000_000
_HARMLESS = ("user-agent", "accept", "accept-language", "content-type", "if-none-match", "if-modified-since")
_ends_at: ContextVar[float | None] = ContextVar("ends_at", default=None)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back. Header names are lower-case; a repeated header is joined by a comma."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str

    @property
    def text(self) -> str:
        charset = "utf-8"
        for part in self.headers.get("content-type", "").split(";")[1:]:
            name, _, value = part.strip().partition("=")
            if name.lower() == "charset":
                charset = value.strip("\"'")
        try:
            return self.body.decode(charset, errors="replace")
        except LookupError:
            return self.body.decode("utf-8", errors="replace")

    def json(self) -> Any:
        """What the body says; `ValueError` when it is not JSON, or nested beyond reason."""
        try:
            return jsonlib.loads(self.body)
        except RecursionError as error:
            raise ValueError("nested too deep") from error


def allow(networks: Sequence[str], *, any_port: bool) -> None:
    """Let this process reach these networks too. Only start-up code calls it."""
    address.allow(networks, any_port=any_port)
    _client.cache_clear()


def _time_left(timeout: float | None) -> float | None:
    ends_at = _ends_at.get()
    if ends_at is None:
        return timeout
    left = ends_at - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("the time is over")
    return left if timeout is None else min(left, timeout)


class _TimedStream(httpcore.NetworkStream):
    """A connection on which no read or write outlasts the request it serves, however the bytes drip."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _time_left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _time_left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _TimedStream(self._inner.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _CheckedBackend(SyncBackend):
    """Resolves once, checks, and connects to the very address that was checked."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            checked = resolve(host, port)
        except OSError as error:
            raise httpcore.ConnectError("no such host") from error
        return _TimedStream(super().connect_tcp(checked, port, timeout, local_address, socket_options))


@cache
def _client() -> httpx.Client:
    transport = httpx.HTTPTransport(retries=0)
    transport._pool = httpcore.ConnectionPool(  # the only seam for a network backend; a test fails if it moves
        ssl_context=ssl.create_default_context(), network_backend=_CheckedBackend(), max_connections=100
    )
    return httpx.Client(transport=transport, follow_redirects=False, trust_env=False)


def request(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    params: Mapping[str, str] | None = None,
    json: Any = None,
    form: Mapping[str, str] | None = None,
    content: bytes | None = None,
    max_bytes: int = 2_000_000,
    deadline_s: float = 20.0,
    accept_types: tuple[str, ...] | None = None,
    max_redirects: int = 3,
) -> Reply:
    """Make one request and return what came, whatever its status. Raises the errors of this module only.

    GET and HEAD follow redirects, any other method only 303 (by a GET) and, on the same origin, 307 and 308: a 301 that
    is answered to a POST comes back as it is, so that nobody takes the page behind it for a success.
    """
    ends_at = time.monotonic() + deadline_s
    sent = {"user-agent": USER_AGENT, **{name.lower(): value for name, value in (headers or {}).items()}}
    sent["accept-encoding"] = "gzip"
    given: dict[str, Any] = {"json": json, "data": dict(form) if form else None, "content": content}
    body = {name: value for name, value in given.items() if value is not None}
    query = dict(params) if params else None
    method = method.upper()
    for _ in range(max_redirects + 1):
        check_url(url)
        reply = _request_once(
            method, url, headers=sent, params=query, body=body, max_bytes=max_bytes, ends_at=ends_at, types=accept_types
        )
        following = _find_next(reply, method) if max_redirects else None
        if following is None:
            return reply
        if reply.status == 303 and method != "HEAD":
            method, body = "GET", {}
            sent.pop("content-type", None)
        if not _is_same_origin(following, reply.url):
            sent = {name: value for name, value in sent.items() if name in (*_HARMLESS, "accept-encoding")}
        url, query = following, None
    raise Lost("redirected too many times", url)


def _is_same_origin(one: str, other: str) -> bool:
    return urlsplit(one)[:2] == urlsplit(other)[:2]


def _find_next(reply: Reply, method: str) -> str | None:
    place = reply.headers.get("location")
    if reply.status not in (301, 302, 303, 307, 308) or not place:
        return None
    try:
        following = urljoin(reply.url, place)
        same = _is_same_origin(following, reply.url)
    except ValueError as error:
        raise Blocked("it redirects to an address that does not read", reply.url) from error
    if method in ("GET", "HEAD") or reply.status == 303 or (reply.status in (307, 308) and same):
        return following
    return None


def _request_once(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    params: Mapping[str, str] | None,
    body: Mapping[str, Any],
    max_bytes: int,
    ends_at: float,
    types: tuple[str, ...] | None,
) -> Reply:
    left = ends_at - time.monotonic()
    if left <= 0:
        raise Lost("no time is left", url)
    timeout = httpx.Timeout(left, connect=min(5.0, left))
    token = _ends_at.set(ends_at)
    try:
        with (
            _told_plainly(url),
            _client().stream(method, url, headers=dict(headers), params=params, timeout=timeout, **body) as response,
        ):
            _check_type(response, types, url)
            return Reply(
                status=response.status_code,
                headers=_read_headers(response),
                body=_read_body(response, max_bytes, ends_at, url),
                url=str(response.url),
            )
    finally:
        _ends_at.reset(token)


@contextmanager
def _told_plainly(url: str) -> Iterator[None]:
    """The library's errors as those of this module."""
    try:
        yield
    except Blocked as error:
        raise Blocked(str(error), url) from error
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        raise Unreachable("cannot reach it", url) from error
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError) as error:
        raise Blocked("that address does not read", url) from error
    except (httpx.TransportError, httpx.DecodingError, zlib.error) as error:
        raise Lost("the answer did not come", url) from error


def _check_type(response: httpx.Response, types: tuple[str, ...] | None, url: str) -> None:
    got = response.headers.get("content-type", "").split(";")[0].strip().lower()
    if types and response.status_code < 300 and got and got not in types:
        raise WrongType(f"its type is {got[:60]}", url)


def _read_headers(response: httpx.Response) -> dict[str, str]:
    read: dict[str, str] = {}
    for name, value in response.headers.multi_items():
        key = name.lower()
        read[key] = f"{read[key]}, {value}" if key in read else value
    return read


def _read_body(response: httpx.Response, max_bytes: int, ends_at: float, url: str) -> bytes:
    """The body, unpacked by hand so that a small gzip cannot swell past the limit before it is counted."""
    encoding = response.headers.get("content-encoding", "identity").strip().lower() or "identity"
    if encoding not in ("identity", "gzip", "x-gzip"):
        raise WrongType(f"its encoding is {encoding[:30]}", url)
    unpack = zlib.decompressobj(wbits=31) if encoding != "identity" else None
    parts: list[bytes] = []
    size = 0
    for raw in response.iter_raw():
        part = unpack.decompress(raw, max_bytes - size + 1) if unpack else raw
        size += len(part)
        if size > max_bytes:
            raise TooLarge(f"it is larger than {max_bytes} bytes", url)
        if time.monotonic() > ends_at:
            raise Lost("it takes too long", url)
        parts.append(part)
    if unpack and parts and not unpack.eof:
        raise Lost("the answer broke off", url)
    return b"".join(parts)


def stream_lines(
    method: str, url: str, *, headers: Mapping[str, str] | None = None, idle_s: float = 90.0
) -> Iterator[str]:
    """The lines of a reply that stays open (server-sent events). Not redirected; any status but 200 is `Lost`."""
    check_url(url)
    timeout = httpx.Timeout(idle_s, connect=5.0)
    given = {name.lower(): value for name, value in (headers or {}).items()}
    sent = {"user-agent": USER_AGENT, "accept": "text/event-stream", **given, "accept-encoding": "identity"}
    with _told_plainly(url), _client().stream(method, url, headers=sent, timeout=timeout) as response:
        if response.status_code != 200:
            raise Lost(f"the stream answers {response.status_code}", url)
        yield from _split_lines(response.iter_raw(), url)


def _split_lines(chunks: Iterable[bytes], url: str) -> Iterator[str]:
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        if len(rest) > _MAX_LINE:
            raise TooLarge(f"a line is longer than {_MAX_LINE} bytes", url)
        for line in lines:
            yield line.removesuffix(b"\r").decode("utf-8", errors="replace")
    if rest:
        yield rest.removesuffix(b"\r").decode("utf-8", errors="replace")


@contextmanager
def websocket(url: str, *, headers: Mapping[str, str] | None = None, idle_s: float = 90.0) -> Iterator[Iterator[str]]:
    """The messages of a web socket while it is open. `Lost` when it breaks off or stays silent for `idle_s`."""
    check_url(url, ("ws", "wss"))
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "wss" else 80)
    try:
        sock = create_connection((resolve(host, port), port), timeout=5.0)
    except OSError as error:
        raise Unreachable("cannot reach it", url) from error
    try:
        with _open_websocket(url, sock, host if parts.scheme == "wss" else None, dict(headers or {})) as connection:
            yield _read_messages(connection, idle_s, url)
    finally:
        sock.close()


def _open_websocket(url: str, sock: socket, secure_host: str | None, headers: dict[str, str]) -> ClientConnection:
    sock.settimeout(None)
    secure = ssl.create_default_context() if secure_host else None
    try:
        return connect(
            url, sock=sock, ssl=secure, server_hostname=secure_host, additional_headers=headers,
            user_agent_header=USER_AGENT, proxy=None, max_size=_MAX_LINE, open_timeout=10.0, close_timeout=2.0,
        )  # fmt: skip
    except ssl.SSLError as error:
        raise Unreachable("no secure connection", url) from error
    except ValueError as error:  # how the library says that it will not follow a redirect on a socket it was given
        raise Lost("the web socket redirects", url) from error
    except (InvalidHandshake, TimeoutError, OSError, EOFError) as error:
        raise Lost("the web socket did not open", url) from error


def _read_messages(connection: ClientConnection, idle_s: float, url: str) -> Iterator[str]:
    while True:
        try:
            message = connection.recv(timeout=idle_s)
        except ConnectionClosedOK:
            return
        except (ConnectionClosed, TimeoutError) as error:
            raise Lost("the web socket broke off", url) from error
        yield message if isinstance(message, str) else message.decode("utf-8", errors="replace")
