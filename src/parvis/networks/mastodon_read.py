"""What a Mastodon server says, read into the values of the contract: pure, nothing is asked of the network here."""

import ipaddress
import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any, Final
from urllib.parse import urlsplit

from parvis.lib import http
from parvis.lib.html import clean, to_text
from parvis.lib.text import fold, snippet
from parvis.wire import errors
from parvis.wire.contract import Access, Audience, Author, Batch, Incoming, Kind, Limits

HEARD: Final = ("mention", "quote")
_AUDIENCES: Final[dict[str, Audience]] = {"public": "public", "unlisted": "unlisted"}
_TABLE: Final[dict[tuple[int, str], type[errors.NetworkError]]] = {
    (400, ""): errors.Rejected,
    (400, "invalid_grant"): errors.AuthExpired,
    (400, "invalid_client"): errors.AuthExpired,
    (401, ""): errors.AuthExpired,
    (403, ""): errors.PermissionMissing,
    (403, "Your login is pending approval"): errors.NotApproved,
    (403, "Your login is currently disabled"): errors.AuthExpired,
    (404, ""): errors.Gone,
    (410, ""): errors.Gone,
    (413, ""): errors.Rejected,
    (422, ""): errors.Rejected,
    (503, ""): errors.Transient,
}
_URL: Final = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]]")
_ANCHOR: Final = re.compile(r"<a\s[^>]*>", re.IGNORECASE)
_HREF: Final = re.compile(r"""\shref=["'](https?://[^"']+)["']""", re.IGNORECASE)
_NAMES: Final = re.compile(r"""\sclass=["'][^"']*\b(?:mention|hashtag)\b""", re.IGNORECASE)
_REMOTE_NAME: Final = re.compile(r"(?<![\w/])@([\w.-]+)@[\w.-]+\w")


def read_server(said: str) -> str:
    """The base address of a server from what a person types: a name, an address, or a handle with its server.

    Plain http only for loopback, which the guard of `lib.http` opens for tests alone.
    """
    said = said.strip().rstrip("/")
    parts = urlsplit(said if "://" in said else f"https://{said.rsplit('@', 1)[-1]}")
    try:
        name, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise errors.Rejected("that server name does not read", field="host") from error
    if not name or ("." not in name and ":" not in name and not _is_loopback(name)):
        raise errors.Rejected("that is no server name", field="host")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(name)):
        raise errors.Rejected("a server is spoken to by https", field="host")
    shown = f"[{name}]" if ":" in name else name
    return f"{parts.scheme}://{shown}" + (f":{port}" if port else "")


def _is_loopback(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


def read_reply(reply: http.Reply, *, is_write: bool = False) -> Any:
    """The JSON of a reply, or the error that its status and code mean; a write whose fate is unknown is `Uncertain`."""
    try:
        answer = reply.json()
    except ValueError as error:
        if 200 <= reply.status < 300:
            kind = errors.Uncertain if is_write else errors.ContractBroken
            raise kind("the reply is no JSON", status=reply.status) from error
        answer = {}
    if 200 <= reply.status < 300:
        return answer
    said = answer if isinstance(answer, dict) else {}
    code = str(said.get("error", ""))[:100]
    detail = snippet(str(said.get("error_description") or said.get("error") or ""), 300)
    if reply.status == 429:
        raise errors.RateLimited(detail, until=read_reset(reply.headers), status=429, code=code)
    known = _TABLE.get((reply.status, code)) or _TABLE.get((reply.status, ""))
    if known is None and reply.status >= 500:
        known = errors.Uncertain if is_write else errors.Transient
    raise (known or errors.ContractBroken)(detail, status=reply.status, code=code)


def read_reset(headers: Mapping[str, str]) -> datetime | None:
    """When the server will answer again: an ISO instant, else Retry-After in seconds, else unknown."""
    try:
        return read_time(headers.get("x-ratelimit-reset", ""))
    except errors.ContractBroken:
        pass
    try:
        return datetime.now(UTC) + timedelta(seconds=min(float(headers["retry-after"]), 86_400))
    except (KeyError, ValueError, OverflowError):
        return None


def read_limits(instance: Mapping[str, Any]) -> Limits:
    """What a server accepts, from its v2 or v1 description; Mastodon's defaults where it does not say."""
    told = instance.get("configuration") or {}
    statuses, media = told.get("statuses") or {}, told.get("media_attachments") or {}
    return Limits(
        max_length=int(statuses.get("max_characters") or instance.get("max_toot_chars") or 500),
        url_length=int(statuses.get("characters_reserved_per_url") or 23),
        local_handle_only=True,
        max_media=int(statuses.get("max_media_attachments") or 4),
        max_media_bytes=int(media.get("image_size_limit") or 8_000_000),
    )


def streaming_base(instance: Mapping[str, Any], host: str) -> str:
    """Where server-sent events are: v2 and v1 name it as a websocket address."""
    told = (instance.get("configuration") or {}).get("urls") or {}
    named = told.get("streaming") or (instance.get("urls") or {}).get("streaming_api") or ""
    parts = urlsplit(named)
    if not parts.hostname or _is_loopback(parts.hostname):
        return host
    return f"https://{parts.netloc}"


def count(text: str, limits: Limits) -> int:
    """Characters as Mastodon counts: a link is flat, a remote name is its local part."""
    if limits.url_length:
        text = _URL.sub("x" * limits.url_length, text)
    if limits.local_handle_only:
        text = _REMOTE_NAME.sub(r"@\1", text)
    return len(text)


def notification_id(told: Mapping[str, Any]) -> str:
    return str(take(told, "id"))


def has_next_page(reply: http.Reply) -> bool:
    """Whether older items may follow: a server that gives no Link header is asked until nothing is new."""
    link = reply.headers.get("link", "")
    return not link or 'rel="next"' in link


def read_notification(told: Mapping[str, Any], access: Access) -> Incoming | None:
    """The status that a notification brings, None where it is not said to us."""
    if told.get("type") not in HEARD or not told.get("status"):
        return None
    return read_status(told["status"], access, reason=str(told["type"]))


def read_status(status: Mapping[str, Any], access: Access, *, reason: str) -> Incoming:
    """A status as an incoming item."""
    try:
        account, visibility, parent = status["account"], status["visibility"], status.get("in_reply_to_id") or ""
        content = status.get("content") or ""
        return Incoming(
            native_id=str(status["id"]),
            kind=_judge_kind(status, access),
            state="edited" if status.get("edited_at") else "live",
            version=status.get("edited_at") or status["created_at"],
            native_url=status.get("url") or status.get("uri") or "",
            parent_ref=str(parent),
            reply_ref={
                "id": str(status["id"]),
                "acct": account["acct"],
                "visibility": visibility,
                "spoiler_text": status.get("spoiler_text") or "",
            },
            author=_read_author(account),
            title=status.get("spoiler_text") or "",
            text=to_text(content),
            html=clean(content),
            lang=status.get("language") or "",
            audience=_AUDIENCES.get(visibility, "private"),
            created_at=read_time(status["created_at"]),
            media=tuple(_read_media(medium) for medium in status.get("media_attachments") or []),
            links=_read_links(content),
            reason=reason,
            raw={key: status.get(key) for key in ("id", "uri", "url", "content", "visibility", "created_at")},
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise errors.ContractBroken(f"a status does not read: {type(error).__name__}") from error


def _judge_kind(status: Mapping[str, Any], access: Access) -> Kind:
    if status["visibility"] not in _AUDIENCES:
        return "message"
    if status.get("in_reply_to_account_id") == access.native_id:
        return "reply"
    return "mention"


def _read_author(account: Mapping[str, Any]) -> Author:
    return Author(
        native_id=str(account["id"]),
        handle=account["acct"],
        name=account.get("display_name") or account.get("username") or "",
        url=account.get("url") or "",
        is_bot=bool(account.get("bot")),
    )


def _read_media(medium: Mapping[str, Any]) -> dict[str, str]:
    return {
        "type": medium.get("type") or "",
        "url": medium.get("url") or medium.get("remote_url") or "",
        "alt": medium.get("description") or "",
    }


def _read_links(content: str) -> tuple[str, ...]:
    """Addresses that the author wrote: names and hashtags are links of the server's own making."""
    anchors = [tag for tag in _ANCHOR.findall(content) if not _NAMES.search(tag)]
    return tuple(dict.fromkeys(unescape(href) for tag in anchors for href in _HREF.findall(tag)))


def read_event(event: str, data: str, access: Access, cursor: str) -> Batch | None:
    """A server-sent event as a batch, None where it is none of ours; the cursor moves by notifications alone."""
    if event == "delete":
        return Batch(items=(Incoming(native_id=data, kind="post", state="deleted"),), cursor=cursor)
    if event not in ("notification", "status.update"):
        return None
    try:
        told = json.loads(data)
    except ValueError as error:
        raise errors.ContractBroken("an event is no JSON") from error
    if event == "status.update":
        named = {str(one.get("id")) for one in told.get("mentions") or []}
        if access.native_id not in named:
            return None
        return Batch(items=(read_status(told, access, reason="mention"),), cursor=cursor)
    item = read_notification(told, access)
    return None if item is None else Batch(items=(item,), cursor=notification_id(told))


def find_same(statuses: Iterable[Mapping[str, Any]], own_id: str, words: Mapping[str, str]) -> Mapping[str, Any] | None:
    """Our status that has these words and answers the same, None when there is none."""
    wanted = _essence(words["status"])
    for status in statuses:
        is_own = str((status.get("account") or {}).get("id")) == own_id
        is_there = str(status.get("in_reply_to_id") or "") == words.get("in_reply_to_id", "")
        if is_own and is_there and _essence(to_text(status.get("content") or "")) == wanted:
            return status
    return None


def _essence(text: str) -> str:
    """Letters and figures alone: servers format, shorten names and break lines as they like."""
    return re.sub(r"\W+", "", fold(_REMOTE_NAME.sub(r"@\1", text)))


def read_time(said: str) -> datetime:
    try:
        at = datetime.fromisoformat(said)
    except (ValueError, TypeError) as error:
        raise errors.ContractBroken("an instant does not read") from error
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def take(answer: Mapping[str, Any], key: str) -> Any:
    try:
        return answer[key]
    except (KeyError, TypeError) as error:
        raise errors.ContractBroken(f"the reply has no {key}") from error
