"""Reads RSS, Atom and JSON Feed from bytes of any origin: title, link, one line and date; never the article, never an error raised."""

import hashlib
import io
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal
from urllib.parse import urljoin, urlsplit

import feedparser

from parvis.lib.html import to_text
from parvis.lib.text import snippet

MAX_BYTES: Final = 3_000_000
MAX_ITEMS: Final = 300
MAX_DEPTH: Final = 200
SUMMARY_LENGTH: Final = 280
_MAX_MARKUP: Final = 20_000
_MAX_TITLE: Final = 300
_TAG: Final = re.compile(rb"<(/?)[A-Za-z_][^<>]{0,500}?(/?)>")
_OPENING: Final = re.compile(r"<(?=[A-Za-z/!?])")
_ACTIVE: Final = re.compile(r"(?:java|vb)script\s*:|\bon[a-z]{3,}\s*=", re.IGNORECASE)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
# What feedparser and its date and sgml readers raise on bytes that are no feed.
_UNREADABLE: Final = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    ArithmeticError,
    RecursionError,
)

FeedKind = Literal["rss", "atom", "json", ""]


@dataclass(frozen=True, slots=True)
class FeedItem:
    """One article as it is announced. `version` grows when the feed says that it was changed."""

    id: str
    title: str
    url: str
    summary: str
    published: datetime | None
    version: str


@dataclass(frozen=True, slots=True)
class FeedRead:
    """What a file says; `error` is empty unless it is no feed at all."""

    title: str = ""
    kind: FeedKind = ""
    items: tuple[FeedItem, ...] = ()
    error: str = ""


def read_feed(content: bytes, *, url: str, content_type: str) -> FeedRead:
    """Read a feed, whatever the bytes; relative links are completed by `url`."""
    if len(content) > MAX_BYTES:
        return FeedRead(error=f"the file is larger than {MAX_BYTES // 1_000_000} MB")
    start = content[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start:
        return FeedRead(error="the file is empty")
    try:
        if start[:1] in (b"{", b"["):
            return _read_json(content, url)
        return _read_xml(content, url, content_type)
    except _UNREADABLE:
        return FeedRead(error="the file cannot be read as a feed")


def one_line(markup: object, length: int = SUMMARY_LENGTH) -> str:
    """The words of any markup on one line, with nothing in it that could ever run."""
    if not isinstance(markup, str):
        return ""
    text = markup[:_MAX_MARKUP]
    if text.rfind("<") > text.rfind(">") and len(markup) > _MAX_MARKUP:
        text = text[: text.rfind("<")]
    for _ in range(3):
        plain = to_text(_CONTROL.sub("", text))
        if plain == text:
            break
        text = plain
    bare = _CONTROL.sub("", text)
    while _OPENING.search(bare) or _ACTIVE.search(bare):  # what is left when one is taken out may open again
        bare = _ACTIVE.sub("", _OPENING.sub("", bare))
    return snippet(bare, length)


def web_address(value: object, base: str) -> str:
    """An absolute http or https address, or nothing."""
    if not isinstance(value, str) or not value.strip():
        return ""
    try:
        address = urljoin(base, re.sub(r"[\x00-\x20\ud800-\udfff]", "", value))
        parts = urlsplit(address)
        is_web = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return ""
    if not is_web or _ACTIVE.search(address):
        return ""
    return address.replace("<", "%3C").replace(">", "%3E").replace('"', "%22")[:1000]


def _read_json(content: bytes, url: str) -> FeedRead:
    told = json.loads(content.decode("utf-8-sig", errors="replace"))
    if not isinstance(told, dict) or not isinstance(told.get("items"), list):
        return FeedRead(error="the file is JSON, but no feed")
    version = told.get("version")
    if not isinstance(version, str) or "jsonfeed.org/version/" not in version:
        return FeedRead(error="the file is JSON, but no feed")
    items = [_read_json_item(item, url) for item in told["items"][:MAX_ITEMS] if isinstance(item, dict)]
    return FeedRead(one_line(told.get("title"), _MAX_TITLE), "json", _keep_told(items))


def _read_json_item(item: Mapping[str, Any], url: str) -> FeedItem:
    address = web_address(item.get("url"), url) or web_address(item.get("external_url"), url)
    published = _read_iso(item.get("date_published"))
    changed = _read_iso(item.get("date_modified")) or published
    return _make_item(
        given_id=item.get("id"),
        title=item.get("title"),
        address=address,
        summary=item.get("summary") or item.get("content_text") or item.get("content_html"),
        published=published,
        changed=changed,
    )


def _read_iso(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        told = datetime.fromisoformat(value)
        return (told if told.tzinfo else told.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _read_xml(content: bytes, url: str, content_type: str) -> FeedRead:
    if _is_too_deep(content):
        return FeedRead(error="the file is nested too deeply")
    headers = {"content-type": content_type or "application/xml"}  # no base: an id must survive the feed's moving
    told = feedparser.parse(
        io.BytesIO(content), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
    )
    version = str(told.get("version") or "")
    entries = told.get("entries") or []
    items = _keep_told([_read_entry(entry, url) for entry in entries[:MAX_ITEMS]])
    if not version and not items:
        return FeedRead(error="the file is no feed")
    kind: FeedKind = "atom" if version.startswith("atom") else "rss"
    return FeedRead(one_line(told.get("feed", {}).get("title"), _MAX_TITLE), kind, items)


def _is_too_deep(content: bytes) -> bool:
    """Whether elements lie in elements beyond what any feed needs; a reader's time grows with the square of it."""
    depth = 0
    for closing, alone in _TAG.findall(content):
        depth += -1 if closing else 0 if alone else 1
        depth = max(depth, 0)
        if depth > MAX_DEPTH * 10:
            return True
    return False


def _read_entry(entry: Mapping[str, Any], url: str) -> FeedItem:
    given_id = entry.get("id")
    address = web_address(entry.get("link"), url)
    for medium in entry.get("links") or []:
        address = address or web_address(medium.get("href"), url)
    if not address and isinstance(given_id, str) and given_id.startswith(("http://", "https://")):
        address = web_address(given_id, url)
    summary = entry.get("summary")
    for body in entry.get("content") or []:
        summary = summary or body.get("value")
    updated = _read_struct(entry["updated_parsed"]) if "updated_parsed" in entry else None
    published = _read_struct(entry.get("published_parsed")) or updated
    return _make_item(
        given_id=given_id,
        title=entry.get("title"),
        address=address,
        summary=summary,
        published=published,
        changed=updated or published,
    )


def _read_struct(told: object) -> datetime | None:
    if not isinstance(told, time.struct_time):
        return None
    try:
        return datetime(*told[:5], min(told[5], 59), tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _make_item(
    *, given_id: object, title: object, address: str, summary: object, published: datetime | None,
    changed: datetime | None,
) -> FeedItem:  # fmt: skip
    words, line = one_line(title, _MAX_TITLE), one_line(summary)
    return FeedItem(
        id=_make_id(given_id, address or f"{words}\n{line}"),
        title=words,
        url=address,
        summary=line,
        published=published,
        version=changed.isoformat() if changed else "0",
    )


def _make_id(given: object, otherwise: str) -> str:
    told = _CONTROL.sub("", str(given)).strip() if isinstance(given, str | int | float) else ""
    wanted = told or otherwise
    if len(wanted) <= 400 and wanted.strip() and "<" not in wanted and not _ACTIVE.search(wanted):
        return wanted
    return "sha256:" + hashlib.sha256(wanted.encode("utf-8", "replace")).hexdigest()


def _keep_told(items: list[FeedItem]) -> tuple[FeedItem, ...]:
    """Items that say something, each id once, the first one kept."""
    kept: dict[str, FeedItem] = {}
    for item in items:
        if item.title or item.url or item.summary:
            kept.setdefault(item.id, item)
    return tuple(kept.values())
