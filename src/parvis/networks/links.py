"""The network of links between sites: who links to us, verified on their page, and telling others that we link to them."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

import mf2py
from lxml import etree

from parvis.lib import http
from parvis.networks.discovery import Endpoints, discover, get_page
from parvis.networks.pages import decode_page, find_base, join, read_page
from parvis.networks.read_feed import one_line
from parvis.wire import errors
from parvis.wire.contract import (
    Access,
    Author,
    Batch,
    Connected,
    Consent,
    Incoming,
    Limits,
    Measure,
    Outgoing,
    Policy,
    Receipt,
)

ALREADY_REGISTERED: Final = 0x0030
_LINKING: Final = ("href", "src", "cite", "data", "poster")
_MAX_AUTHOR_PAGE: Final = 300_000
_AROUND: Final = 140


def make_link_id(source: str, target: str) -> str:
    """The id of the link from one page to another, the same however often it is told."""
    return hashlib.sha256(f"{source}\n{target}".encode()).hexdigest()


def outgoing_links(markup: str, base: str) -> tuple[str, ...]:
    """The web addresses that our own markup links to, absolute, each once, in order."""
    page = read_page(markup.encode("utf-8", "replace"), "text/html; charset=utf-8")
    if page is None:
        return ()
    addresses = (join(base, anchor.get("href", "")) for anchor in page.iter("a") if anchor.get("href"))
    return tuple(dict.fromkeys(address for address in addresses if address.startswith(("http://", "https://"))))


def verify_source(source: str, target: str, *, now: datetime) -> Incoming:
    """The link as it stands on the source page now; state "deleted" when the page or the link is gone.

    Raises the errors of `wire.errors` when the page cannot be judged now. `version` is `now`, so a later look wins.
    """
    reply = get_page(source)
    if reply.status in (404, 410):
        return _tell_gone(source, target, now)
    if not 200 <= reply.status < 300:
        kind = errors.Transient if reply.status >= 500 or reply.status == 429 else errors.PermissionMissing
        raise kind(f"the source answers {reply.status}", status=reply.status)
    content_type = reply.headers.get("content-type", "text/html").split(";")[0].strip().lower()
    if "json" in content_type:
        return _verify_json(reply, source, target, now)
    if content_type.startswith("text/") and "html" not in content_type:
        return _verify_plain(reply, source, target, now)
    return _verify_html(reply, source, target, now)


def _tell_gone(source: str, target: str, now: datetime) -> Incoming:
    return Incoming(
        native_id=make_link_id(source, target), kind="link", state="deleted", version=now.astimezone(UTC).isoformat()
    )


def _tell(source: str, target: str, now: datetime, *, title: str, text: str, author: Author) -> Incoming:
    return Incoming(
        native_id=make_link_id(source, target),
        kind="link",
        version=now.astimezone(UTC).isoformat(),
        native_url=source,
        author=author,
        title=title,
        text=text,
        created_at=now,
        links=(source, target),
        reason="link",
        raw={"source": source, "target": target},
    )


def _site(source: str, name: str = "", url: str = "") -> Author:
    host = urlsplit(source).hostname or source
    return Author(native_id=url or host, handle=host, name=name or host, url=url)


def _verify_json(reply: http.Reply, source: str, target: str, now: datetime) -> Incoming:
    try:
        is_linked = _holds(reply.json(), target)
    except (ValueError, RecursionError):
        is_linked = False
    if not is_linked:
        return _tell_gone(source, target, now)
    return _tell(source, target, now, title="", text="", author=_site(source))


def _holds(value: Any, target: str) -> bool:
    if isinstance(value, dict):
        return any(_holds(inner, target) for inner in value.values())
    if isinstance(value, list):
        return any(_holds(inner, target) for inner in value)
    return bool(value == target)


def _verify_plain(reply: http.Reply, source: str, target: str, now: datetime) -> Incoming:
    text = decode_page(reply.body, reply.headers.get("content-type", ""))
    found = re.search(rf"(?<![\w/:.-]){re.escape(target)}(?![\w/?#&=%~-]|[.,:][\w/])", text)
    if found is None:
        return _tell_gone(source, target, now)
    around = text[max(0, found.start() - _AROUND) : found.end() + _AROUND]
    return _tell(source, target, now, title="", text=one_line(around), author=_site(source))


def _verify_html(reply: http.Reply, source: str, target: str, now: datetime) -> Incoming:
    page = read_page(reply.body, reply.headers.get("content-type", ""))
    linking = None if page is None else _find_link(page, find_base(page, reply.url), target)
    if page is None or linking is None:
        return _tell_gone(source, target, now)
    name = "".join(element.get("content", "") for element in page.xpath("(//meta[@property='og:site_name'])[1]"))
    title = " ".join(page.xpath("string((//title)[1])").split())
    author = _find_author(reply) or _site(source, one_line(name, 100))
    return _tell(source, target, now, title=one_line(title, 300), text=_quote(linking), author=author)


def _find_link(page: etree._Element, base: str, target: str) -> etree._Element | None:
    for element in page.iter(etree.Element):
        for attribute in _LINKING:
            value = element.get(attribute)
            if value is not None and join(base, value) == target:
                return element
    return None


def _quote(linking: etree._Element) -> str:
    """One line around a link: the words of the smallest element that says a little more than the link."""
    here: etree._Element | None = linking
    words = " ".join("".join(linking.itertext()).split())
    while here is not None and here.tag not in ("body", "article", "main", "html"):
        around = " ".join("".join(here.itertext()).split())
        if len(around) > 2 * _AROUND and words:
            at = max(0, around.find(words) - _AROUND)
            return one_line(around[at : at + 2 * _AROUND])
        words = around or words
        here = here.getparent()
    return one_line(words)


def _find_author(reply: http.Reply) -> Author | None:
    """The author of the page's h-entry, if it names one."""
    text = decode_page(reply.body, reply.headers.get("content-type", ""))
    if len(text) > _MAX_AUTHOR_PAGE or "h-entry" not in text:
        return None
    try:
        told = mf2py.Parser(doc=text, url=reply.url).to_dict()
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
    for item in told.get("items", []):
        for author in item.get("properties", {}).get("author", []) if "h-entry" in item.get("type", []) else []:
            named = author.get("properties", {}) if isinstance(author, dict) else {"name": [author]}
            name = one_line(next(iter(named.get("name", [])), ""), 100)
            url = next((link for link in named.get("url", []) if str(link).startswith(("http://", "https://"))), "")
            if name:
                return _site(reply.url, name, str(url))
    return None


def send_webmention(source: str, target: str, endpoint: str) -> str:
    """Tell a page that we link to it; return where its state can be read, if said."""
    reply = _post(endpoint, form={"source": source, "target": target})
    _check(reply, "the webmention")
    return join(reply.url, reply.headers["location"]) if "location" in reply.headers else ""


def send_pingback(source: str, target: str, endpoint: str) -> str:
    """Tell a page by XML-RPC that we link to it; return its words. Registered already is a success."""
    values = "".join(f"<param><value><string>{escape(url)}</string></value></param>" for url in (source, target))
    call = (
        f'<?xml version="1.0"?><methodCall><methodName>pingback.ping</methodName><params>{values}</params></methodCall>'
    )
    reply = _post(endpoint, content=call.encode(), headers={"content-type": "text/xml"})
    _check(reply, "the pingback")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(reply.body.strip(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise errors.ContractBroken("the answer to the pingback is not XML", status=reply.status) from error
    members = {
        (member.findtext("name") or "").strip(): "".join(member.find("value").itertext()).strip()
        for member in root.iter("member")
        if member.find("value") is not None
    }
    code = members.get("faultCode", "")
    if code in ("", str(ALREADY_REGISTERED)):
        words = " ".join("".join(root.itertext()).split()) if not code else members.get("faultString", "")
        return one_line(words)
    raise errors.Rejected(one_line(members.get("faultString", "")), field="target", code=code)


def tell_page(source: str, target: str) -> str:
    """Find what the target takes and tell it: "webmention", "pingback", or "" when it takes neither."""
    endpoints: Endpoints = discover(target)
    if endpoints.webmention:
        send_webmention(source, target, endpoints.webmention)
        return "webmention"
    if endpoints.pingback:
        send_pingback(source, target, endpoints.pingback)
        return "pingback"
    return ""


def _post(endpoint: str, **body: Any) -> http.Reply:
    try:
        return http.request("POST", endpoint, max_bytes=100_000, **body)
    except http.Blocked as error:
        raise errors.Rejected(str(error), field="target") from error
    except http.Unreachable as error:
        raise errors.Transient(str(error)) from error
    except http.HttpError as error:
        raise errors.Uncertain(str(error)) from error


def _check(reply: http.Reply, what: str) -> None:
    if 200 <= reply.status < 300:
        return
    kind = errors.Transient if reply.status >= 500 or reply.status in (408, 429) else errors.Rejected
    raise kind(f"{what} was answered {reply.status}", status=reply.status)


class Links:
    """The network contract over links; `receive` takes a kept ping as JSON and looks at its source."""

    name = "links"
    label = "Links"
    abilities = frozenset({"links", "push"})
    limits = Limits()
    policy = Policy(must_recheck=True)
    fields = ()
    tested_live = True

    def consent(self, form: Mapping[str, str], *, return_to: str) -> Consent | None:
        return None

    def connect(self, form: Mapping[str, str]) -> Connected:
        return Connected(host="", native_id="links", handle="", label="Links", abilities=self.abilities)

    def fetch(self, access: Access, cursor: str) -> Batch:
        raise errors.NotAble("links are told to us, not fetched")

    def stream(self, access: Access, cursor: str) -> Iterator[Batch]:
        raise errors.NotAble("links are told to us, not streamed")

    def receive(self, body: bytes, headers: Mapping[str, str]) -> Batch:
        """A ping as JSON (source, target): the link as its page shows it now."""
        try:
            ping = json.loads(body)
            source, target = str(ping["source"]), str(ping["target"])
        except (ValueError, KeyError, TypeError) as error:
            raise errors.Rejected("a ping needs a source and a target", field="source") from error
        return Batch(items=(verify_source(source, target, now=datetime.now(UTC)),))

    def measure(self, text: str, limits: Limits) -> Measure:
        return Measure(len(text), limits.max_length, len(text.encode()), limits.max_bytes)

    def send(self, access: Access, outgoing: Outgoing) -> Receipt:
        raise errors.NotAble("a link is made by a page of ours")

    def delete(self, access: Access, native_id: str) -> None:
        raise errors.NotAble("a link is unmade by a page of ours")

    def fetch_state(self, access: Access, outgoing: Outgoing) -> Receipt | None:
        return None
