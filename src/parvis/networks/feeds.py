"""The network of RSS, Atom and JSON feeds: found from a site's address, read politely, told as one line an article."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urljoin, urlsplit

from parvis.lib import http
from parvis.networks.pages import find_base, join, read_page
from parvis.networks.read_feed import MAX_BYTES, FeedItem, FeedRead, read_feed
from parvis.wire import errors
from parvis.wire.contract import (
    Access,
    Author,
    Batch,
    Connected,
    Consent,
    Field,
    Incoming,
    Limits,
    Measure,
    Outgoing,
    Policy,
    Receipt,
)

EVERY_S: Final = 900.0
MAX_SEEN: Final = 600
MAX_HOPS: Final = 4
COMMON_PATHS: Final = ("/feed/", "/rss.xml", "/atom.xml", "/feed.xml", "/index.xml", "/feed.json", "/rss")
FEED_TYPES: Final = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml")
ACCEPT: Final = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, text/html;q=0.8, */*;q=0.5"
_TABLE: Final[dict[int, type[errors.NetworkError]]] = {
    401: errors.PermissionMissing,
    402: errors.PermissionMissing,
    403: errors.PermissionMissing,
    404: errors.Transient,
    408: errors.Transient,
    410: errors.Gone,
    451: errors.Gone,
}


@dataclass(frozen=True, slots=True)
class Place:
    """What one address gave: the reply, and where it moved for good (empty when it did not)."""

    reply: http.Reply
    moved_to: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a cursor remembers of a feed."""

    etag: str = ""
    last_modified: str = ""
    body_hash: str = ""
    marks: tuple[str, ...] = ()

    def write(self) -> str:
        return json.dumps([self.etag, self.last_modified, self.body_hash, list(self.marks)], separators=(",", ":"))


def read_cursor(cursor: str) -> Seen:
    """The memory that a cursor holds; none when it does not read, and then all is heard again, which intake forgives."""
    try:
        told = json.loads(cursor) if cursor else None
    except ValueError:
        return Seen()
    if not isinstance(told, list) or len(told) != 4 or not isinstance(told[3], list):
        return Seen()
    return Seen(str(told[0]), str(told[1]), str(told[2]), tuple(str(mark) for mark in told[3]))


def mark_item(item: FeedItem) -> str:
    """A short mark of an item in one version."""
    return hashlib.sha256(f"{item.id}\n{item.version}".encode()).hexdigest()[:12]


def get_place(url: str, headers: Mapping[str, str]) -> Place:
    """Fetch an address hop by hop, to know whether it moved for good. Raises the errors of `wire.errors`."""
    moved_to, is_permanent = "", True
    for _ in range(MAX_HOPS):
        reply = _get_once(url, headers)
        place = reply.headers.get("location", "")
        if reply.status not in (301, 302, 303, 307, 308) or not place:
            return Place(reply, moved_to)
        url = join(url, place)
        is_permanent = is_permanent and reply.status in (301, 308)
        if is_permanent:
            moved_to = url
    raise errors.Transient("the feed redirects too many times")


def _get_once(url: str, headers: Mapping[str, str]) -> http.Reply:
    try:
        return http.request(
            "GET", url, headers={"accept": ACCEPT, **headers}, max_bytes=MAX_BYTES, deadline_s=20.0, max_redirects=0
        )
    except http.Blocked as error:
        raise errors.Rejected(str(error), field="address") from error
    except http.TooLarge as error:
        raise errors.ContractBroken(str(error)) from error
    except http.HttpError as error:
        raise errors.Transient(str(error)) from error


def read_retry_after(value: str, *, now: datetime) -> datetime | None:
    """The instant of a Retry-After: seconds, or an HTTP date; at most a week ahead."""
    latest = now + timedelta(days=7)
    if value.strip().isdecimal():
        return min(latest, now + timedelta(seconds=min(int(value.strip()[:9]), 604_800)))
    try:
        told = parsedate_to_datetime(value)
    except (ValueError, TypeError):
        return None
    return min(latest, told if told.tzinfo else told.replace(tzinfo=UTC))


def check_status(reply: http.Reply, *, now: datetime) -> None:
    """Raise what the status means; 200 to 299 and 304 pass."""
    status = reply.status
    if 200 <= status < 300 or status == 304:
        return
    retry_after = reply.headers.get("retry-after", "")
    detail = f"the feed answers {status}"
    if status == 429 or (status == 503 and retry_after):
        raise errors.RateLimited(detail, until=read_retry_after(retry_after, now=now), status=status)
    kind = _TABLE.get(status, errors.Transient if status >= 500 else errors.ContractBroken)
    raise kind(detail, status=status)


def list_feed_links(content: bytes, *, url: str, content_type: str) -> list[str]:
    """The feeds that a page announces, in its order; those of comments last."""
    page = read_page(content, content_type)
    if page is None:
        return []
    base = find_base(page, url)
    found = [
        join(base, link.get("href", ""))
        for link in page.iter("link", "a")
        if "alternate" in link.get("rel", "").lower().split()
        and link.get("type", "").split(";")[0].strip().lower() in FEED_TYPES
        and link.get("href")
    ]
    return sorted(dict.fromkeys(filter(None, found)), key=lambda address: "comment" in address.lower())


def complete_address(address: str) -> str:
    """What a person typed, as an address: https where they gave no scheme."""
    typed = address.strip()
    return typed if "://" in typed else f"https://{typed}"


def find_feed(address: str, *, now: datetime) -> tuple[str, FeedRead]:
    """The feed at an address, announced by its page, or in a usual place. Raises `Rejected` when there is none."""
    url = complete_address(address)
    place = get_place(url, {})
    check_status(place.reply, now=now)
    read = _read_reply(place.reply)
    if not read.error:
        return place.moved_to or url, read
    final = place.reply.url
    content_type = place.reply.headers.get("content-type", "")
    announced = list_feed_links(place.reply.body, url=final, content_type=content_type)[:4]
    for candidate in [*announced, *(urljoin(final, path) for path in COMMON_PATHS)]:
        try:
            tried = get_place(candidate, {})
        except errors.NetworkError:
            continue
        if tried.reply.status == 200 and not (read := _read_reply(tried.reply)).error:
            return tried.moved_to or candidate, read
    raise errors.Rejected("no feed was found at this address", field="address")


def _read_reply(reply: http.Reply) -> FeedRead:
    return read_feed(reply.body, url=reply.url, content_type=reply.headers.get("content-type", ""))


def tell_item(item: FeedItem, *, feed: FeedRead, url: str) -> Incoming:
    """An article as it is heard: nothing of its body, and no raw copy."""
    host = urlsplit(url).hostname or url
    return Incoming(
        native_id=item.id,
        kind="article",
        version=item.version,
        native_url=item.url,
        author=Author(native_id=host, handle=host, name=feed.title or host, is_bot=True),
        title=item.title,
        text=item.summary,
        created_at=item.published,
        links=(item.url,) if item.url else (),
        reason="feed",
        raw={"id": item.id, "link": item.url},
    )


class Feeds:
    """The network contract over feeds; `Access.host` is the feed's address."""

    name = "feeds"
    label = "RSS"
    abilities = frozenset({"articles", "poll"})
    limits = Limits()
    policy = Policy()
    fields = (Field("address", example="https://www.larep.fr"),)
    tested_live = True

    def consent(self, form: Mapping[str, str], *, return_to: str) -> Consent | None:
        return None

    def connect(self, form: Mapping[str, str]) -> Connected:
        if not form.get("address", "").strip():
            raise errors.Rejected("an address is needed", field="address")
        url, feed = find_feed(form["address"], now=datetime.now(UTC))
        host = urlsplit(url).hostname or url
        return Connected(
            host=url, native_id=url, handle=host, label=feed.title or host, abilities=self.abilities, limits=self.limits
        )

    def fetch(self, access: Access, cursor: str) -> Batch:
        """What the feed announces anew; a feed that has not changed costs one conditional request."""
        seen = read_cursor(cursor)
        asked = {"if-none-match": seen.etag, "if-modified-since": seen.last_modified}
        place = get_place(access.host, {name: value for name, value in asked.items() if value})
        reply = place.reply
        check_status(reply, now=datetime.now(UTC))
        if reply.status == 304:
            return Batch(cursor=cursor, next_in_s=EVERY_S, moved_to=place.moved_to, note="304")
        body_hash = hashlib.sha256(reply.body).hexdigest()[:32]
        marks = seen.marks
        items: tuple[Incoming, ...] = ()
        if body_hash != seen.body_hash:
            feed = _read_reply(reply)
            if feed.error:
                raise errors.ContractBroken(feed.error, status=reply.status)
            fresh = [item for item in feed.items if mark_item(item) not in marks]
            items = tuple(tell_item(item, feed=feed, url=access.native_id or access.host) for item in fresh)
            marks = tuple(dict.fromkeys([*map(mark_item, feed.items), *marks]))[:MAX_SEEN]
        now_seen = Seen(reply.headers.get("etag", ""), reply.headers.get("last-modified", ""), body_hash, marks)
        return Batch(items=items, cursor=now_seen.write(), next_in_s=EVERY_S, moved_to=place.moved_to)

    def stream(self, access: Access, cursor: str) -> Iterator[Batch]:
        raise errors.NotAble("feeds are polled")

    def receive(self, body: bytes, headers: Mapping[str, str]) -> Batch:
        raise errors.NotAble("feeds push nothing")

    def measure(self, text: str, limits: Limits) -> Measure:
        return Measure(len(text), limits.max_length, len(text.encode()), limits.max_bytes)

    def send(self, access: Access, outgoing: Outgoing) -> Receipt:
        raise errors.NotAble("one does not write to a feed")

    def delete(self, access: Access, native_id: str) -> None:
        raise errors.NotAble("one does not write to a feed")

    def fetch_state(self, access: Access, outgoing: Outgoing) -> Receipt | None:
        return None
