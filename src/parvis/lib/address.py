"""Which addresses may be reached from here, and what a request that brings no reply is called.

Judged after DNS: a name is looked up once, every address of the answer is checked, and the checked one is used.
"""

import ipaddress
import socket
from collections.abc import Sequence
from urllib.parse import urlsplit

_PORTS = (80, 443)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_LOCAL_NAT64 = ipaddress.ip_network("64:ff9b:1::/48")
_allowed: list[ipaddress.IPv4Network | ipaddress.IPv6Network] = []
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


def allow(networks: Sequence[str], *, any_port: bool) -> None:
    """Let this process reach these networks too."""
    global _any_port  # noqa: PLW0603  # one switch a process, thrown before the first request
    _allowed[:] = [ipaddress.ip_network(network) for network in networks]
    _any_port = any_port


def check_address(address: str) -> None:
    """Raise `Blocked` unless the IP address is global, in every form it may hide in."""
    ip = ipaddress.ip_address(address.split("%", 1)[0])
    if any(ip.version == network.version and ip in network for network in _allowed):
        return
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            check_address(str(inner))
            return
        if ip.sixtofour or ip.teredo or ip.is_site_local or ip in _LOCAL_NAT64:
            raise Blocked("that address may not be reached from here")
    if not ip.is_global or ip.is_multicast or ip.is_reserved:
        raise Blocked("that address may not be reached from here")


def check_port(port: int) -> None:
    """Raise `Blocked` for any port but those of the web."""
    if port not in _PORTS and not _any_port:
        raise Blocked(f"port {port} is refused")


def check_url(url: str, schemes: Sequence[str] = ("http", "https")) -> None:
    """Raise `Blocked` for a scheme, a port or a form that is refused before any look-up."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Blocked("that address does not read", url) from error
    if parts.scheme not in schemes or not parts.hostname:
        raise Blocked(f"only {' and '.join(schemes)} addresses are fetched", url)
    if parts.username is not None or parts.password is not None:
        raise Blocked("an address may not carry a password", f"{parts.scheme}://{parts.hostname}{parts.path}")
    if port is not None:
        check_port(port)


def resolve(host: str, port: int) -> str:
    """One checked address of a host. `Blocked` when any of its addresses is refused, `OSError` when it has none."""
    check_port(port)
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise OSError("that name does not read") from error
    addresses = [str(answer[4][0]) for answer in answers]
    if not addresses:
        raise OSError("that name has no address")
    for address in addresses:
        check_address(address)
    return sorted(addresses, key=lambda address: ":" in address)[0]
