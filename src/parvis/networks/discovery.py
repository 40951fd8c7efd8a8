"""Where a page takes Webmentions and Pingbacks: HEAD then GET, its headers then its elements, as the W3C text asks."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from parvis.lib import http
from parvis.networks.pages import find_base, join, read_page
from parvis.wire import errors

_LINK: Final = re.compile(r'<([^>]*)>((?:\s*;\s*[^\s=;,"]+(?:\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^",;\s]*))?)*)')
_PARAMETER: Final = re.compile(r';\s*([^\s=;,"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^",;\s]*))')
_MAX_HEADER: Final = 16_000
MAX_PAGE: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Absolute addresses, None where the page takes none."""

    webmention: str | None = None
    pingback: str | None = None


def list_links(header: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """(target, lower-case rel words) of a Link header, several values or several headers joined by commas."""
    for target, parameters in _LINK.findall(header[:_MAX_HEADER]):
        rels = [quoted or bare for name, quoted, bare in _PARAMETER.findall(parameters) if name.lower() == "rel"]
        yield target.strip(), tuple(rels[0].lower().split()) if rels else ()


def read_headers(reply: http.Reply) -> Endpoints:
    """What the headers of a reply announce."""
    linked = {rel: target for target, rels in reversed(list(list_links(reply.headers.get("link", "")))) for rel in rels}
    ping = reply.headers.get("x-pingback", "").split(",")[0].strip()
    if "webmention" not in linked:
        return Endpoints(pingback=_web(ping) if ping else None)
    return Endpoints(_web(join(reply.url, linked["webmention"])), _web(ping) if ping else None)


def read_elements(reply: http.Reply) -> Endpoints:
    """What the elements of an HTML page announce: the first `link` or `a` with an address, in document order."""
    content_type = reply.headers.get("content-type", "")
    if content_type and "html" not in content_type.lower():
        return Endpoints()
    page = read_page(reply.body, content_type)
    if page is None:
        return Endpoints()
    base = find_base(page, reply.url)
    found: dict[str, str] = {}
    for element in page.iter("link", "a"):
        href = element.get("href")
        if href is None:
            continue
        rels = element.get("rel", "").lower().split()
        if "webmention" in rels:
            found.setdefault("webmention", join(base, href) if href.strip() else reply.url)
        if "pingback" in rels and element.tag == "link":
            found.setdefault("pingback", join(base, href))
    return Endpoints(_web(found.get("webmention", "")), _web(found.get("pingback", "")))


def discover(url: str) -> Endpoints:
    """Where `url` takes pings. Raises the errors of `wire.errors` when the page cannot be reached."""
    head = Endpoints()
    try:
        asked = http.request("HEAD", url, max_bytes=MAX_PAGE, max_redirects=5)
        head = read_headers(asked) if asked.status < 400 else head
    except http.HttpError:
        asked = None
    if head.webmention and head.pingback:
        return head
    reply = get_page(url)
    headers, elements = read_headers(reply), read_elements(reply)
    return Endpoints(
        head.webmention or headers.webmention or elements.webmention,
        head.pingback or headers.pingback or elements.pingback,
    )


def get_page(url: str) -> http.Reply:
    """Fetch a page of somebody else's, capped; the errors are those of `wire.errors`."""
    accept = "text/html, application/json;q=0.8, text/plain;q=0.7, */*;q=0.5"
    try:
        return http.request("GET", url, headers={"accept": accept}, max_bytes=MAX_PAGE, max_redirects=5)
    except http.Blocked as error:
        raise errors.Rejected(str(error), field="url") from error
    except http.TooLarge as error:
        raise errors.ContractBroken(str(error)) from error
    except http.HttpError as error:
        raise errors.Transient(str(error)) from error


def _web(address: str) -> str | None:
    try:
        return address if urlsplit(address).scheme in ("http", "https") else None
    except ValueError:
        return None
