"""The only way out to the network: every address checked after DNS and on each redirect, body, time and type capped.

Loopback is allowed only by a start-up option of the process (`allow`), which no screen can reach.
"""

import ipaddress
import json as jsonlib
import socket
import ssl
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpcore2 as httpcore
import httpx2 as httpx
from httpcore2._backends.sync import SyncBackend

USER_AGENT = "Parvis/0.1 (self-hosted social desk)"
_PORTS = (80, 443)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_allowed: list[_Network] = []
_any_port = False


def _without_query(url: str) -> str:
    return url.split("?", 1)[0].split("#", 1)[0][:200]


class HttpError(Exception):
    """A request that brought no reply. `url` is told without its query."""

    def __init__(self, detail: str, url: str = "") -> None:
        super().__init__(f"{detail} ({_without_query(url)})" if url else detail)
        self.url = _without_query(url)


class Blocked(HttpError):
    """The address, the scheme or the port may not be reached from here."""


class Unreachable(HttpError):
    """Nothing was sent: no name, no connection, no TLS."""


class Lost(HttpError):
    """The request left, and its answer did not come or broke off."""


class TooLarge(HttpError):
    """The body is larger than the caller accepts."""


class WrongType(HttpError):
    """The reply is of a type that the caller does not accept."""


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
        return jsonlib.loads(self.body)


def allow(networks: Sequence[str], *, any_port: bool) -> None:
    """Let this process reach these networks too. Only start-up code calls it."""
    global _any_port  # noqa: PLW0603  # one switch a process, thrown before the first request
    _allowed[:] = [ipaddress.ip_network(network) for network in networks]
    _any_port = any_port
    _pool.cache_clear()


def check_address(address: str) -> None:
    """Raise `Blocked` unless the IP address is global, in every form it may hide in."""
    ip = ipaddress.ip_address(address.split("%", 1)[0])
    if any(ip.version == network.version and ip in network for network in _allowed):
        return
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            check_address(str(inner))
            if ip.ipv4_mapped is not None:
                return
    if not ip.is_global or ip.is_multicast or ip.is_reserved:
        raise Blocked("that address may not be reached from here")


def check_url(url: str) -> None:
    """Raise `Blocked` for a scheme, a port or a form that is refused before any look-up."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Blocked("that address does not read", url) from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Blocked("only http and https addresses are fetched", url)
    if parts.username is not None or parts.password is not None:
        raise Blocked("an address may not carry a password", url)
    if port is not None and port not in _PORTS and not _any_port:
        raise Blocked(f"port {port} is refused", url)


def resolve(host: str, port: int) -> str:
    """One checked address of a host; `Blocked` when any of its addresses is refused."""
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        raise httpcore.ConnectError(f"no such host: {host[:100]}") from error
    addresses = [str(answer[4][0]) for answer in answers]
    for address in addresses:
        check_address(address)
    return sorted(addresses, key=lambda address: ":" in address)[0]


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
        return super().connect_tcp(resolve(host, port), port, timeout, local_address, socket_options)


@cache
def _pool() -> httpx.Client:
    transport = httpx.HTTPTransport(retries=0)
    transport._pool = httpcore.ConnectionPool(  # the only seam for a network backend; a test fails if it moves
        ssl_context=ssl.create_default_context(), network_backend=_CheckedBackend(), max_connections=40
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
    """Make one request and return what came, whatever its status. Raises the errors of this module only."""
    ends_at = time.monotonic() + deadline_s
    sent = {"user-agent": USER_AGENT, **{name.lower(): value for name, value in (headers or {}).items()}}
    body: dict[str, Any] = {"json": json, "data": dict(form) if form else None, "content": content}
    body = {name: value for name, value in body.items() if value is not None}
    query = dict(params) if params else None
    for _ in range(max_redirects + 1):
        check_url(url)
        reply = _request_once(
            method, url, headers=sent, params=query, body=body, max_bytes=max_bytes, ends_at=ends_at, types=accept_types
        )
        place = reply.headers.get("location")
        if reply.status not in (301, 302, 303, 307, 308) or not place or max_redirects == 0:
            return reply
        following = urljoin(reply.url, place)
        if reply.status in (301, 302, 303) and method not in ("GET", "HEAD"):
            method, body = "GET", {}
        if urlsplit(following).netloc != urlsplit(reply.url).netloc:
            sent = {name: value for name, value in sent.items() if name not in ("authorization", "cookie")}
        url, query = following, None
    raise Lost("redirected too many times", url)


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
    try:
        with _pool().stream(method, url, headers=dict(headers), params=params, timeout=timeout, **body) as response:
            _check_type(response, types, url)
            return Reply(
                status=response.status_code,
                headers=_read_headers(response),
                body=_read_body(response, max_bytes, ends_at, url),
                url=str(response.url),
            )
    except Blocked as error:
        raise Blocked("that address may not be reached from here", url) from error
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        raise Unreachable("cannot reach it", url) from error
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError) as error:
        raise Blocked("that address does not read", url) from error
    except (httpx.TransportError, httpx.DecodingError) as error:
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
    parts: list[bytes] = []
    size = 0
    for part in response.iter_bytes():
        size += len(part)
        if size > max_bytes:
            raise TooLarge(f"it is larger than {max_bytes} bytes", url)
        if time.monotonic() > ends_at:
            raise Lost("it takes too long", url)
        parts.append(part)
    return b"".join(parts)


def stream_lines(
    method: str, url: str, *, headers: Mapping[str, str] | None = None, idle_s: float = 90.0
) -> Iterator[str]:
    """The lines of a reply that stays open (server-sent events). Not redirected; a status of 400 or more is `Lost`."""
    check_url(url)
    timeout = httpx.Timeout(idle_s, connect=5.0)
    sent = {"user-agent": USER_AGENT, "accept": "text/event-stream", **(headers or {})}
    try:
        with _pool().stream(method, url, headers=sent, timeout=timeout) as response:
            if response.status_code != 200:
                raise Lost(f"the stream answers {response.status_code}", url)
            yield from response.iter_lines()
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        raise Unreachable("cannot reach it", url) from error
    except httpx.TransportError as error:
        raise Lost("the stream broke off", url) from error
