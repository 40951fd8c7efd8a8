"""Bluesky by its own XRPC: app password, mentions and replies by listNotifications, answers by putRecord under a key of ours.

A PDS without an AppView can still publish; it then says what it cannot hear.
"""

import json
import re
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

import regex

from parvis.lib import http
from parvis.lib.text import snippet
from parvis.wire import errors
from parvis.wire.contract import (
    Access,
    Author,
    Batch,
    Connected,
    Consent,
    Field,
    Incoming,
    Kind,
    Limits,
    Measure,
    Outgoing,
    Policy,
    Receipt,
)

DEFAULT_HOST: Final = "https://bsky.social"
POST: Final = "app.bsky.feed.post"
_REASONS: Final[dict[str, Kind]] = {"mention": "mention", "reply": "reply", "quote": "mention"}
_B32: Final = "234567abcdefghijklmnopqrstuvwxyz"
_TABLE: Final[dict[tuple[int, str], type[errors.NetworkError]]] = {
    (400, "InvalidToken"): errors.AuthExpired,
    (400, "ExpiredToken"): errors.AuthExpired,
    (401, "AuthenticationRequired"): errors.AuthExpired,
    (401, "AuthMissing"): errors.AuthExpired,
    (401, "InvalidToken"): errors.AuthExpired,
    (401, "AccountTakedown"): errors.PermissionMissing,
    (403, "AuthFactorTokenRequired"): errors.PermissionMissing,
    (400, "AccountDeactivated"): errors.PermissionMissing,
    (400, "RecordNotFound"): errors.Gone,
    (400, "NotFound"): errors.Gone,
    (404, "NotFound"): errors.Gone,
    (400, "InvalidRequest"): errors.Rejected,
    (400, "InvalidRecord"): errors.Rejected,
    (400, "BlobTooLarge"): errors.Rejected,
    (400, "InvalidMimeType"): errors.Rejected,
    (413, ""): errors.Rejected,
    (500, "InternalServerError"): errors.Transient,
    (501, "MethodNotImplemented"): errors.NotAble,
    (502, "UpstreamFailure"): errors.NotAble,
    (404, "XRPCNotSupported"): errors.NotAble,
}
_URL = re.compile(rb"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]]")
_MENTION = re.compile(rb"(?:^|(?<=[\s(]))@([a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?\.[a-zA-Z]+)")
_TAG = re.compile(r"(?:^|(?<=\s))#([^\s#.,;:!?()]{1,64})")


class Bluesky:
    """The network contract for Bluesky and any other PDS."""

    name = "bluesky"
    label = "Bluesky"
    abilities = frozenset({"mentions", "replies", "reply", "publish", "delete", "media", "poll"})
    limits = Limits(unit="grapheme", max_length=300, max_bytes=3000, max_media=4, max_media_bytes=2_000_000)
    policy = Policy(must_recheck=True)
    fields = (
        Field("handle", example="garage-martin.bsky.social"),
        Field("app_password", secret=True, example="xxxx-xxxx-xxxx-xxxx"),
        Field("host", example=DEFAULT_HOST),
    )
    tested_live = False

    def __init__(self) -> None:
        self._tokens: dict[tuple[str, str], str] = {}
        self._lock = threading.Lock()

    def consent(self, form: Mapping[str, str], *, return_to: str) -> Consent | None:
        return None

    def connect(self, form: Mapping[str, str]) -> Connected:
        """Prove the account by a session; no profile is asked, a PDS alone has none to give."""
        host = (form.get("host") or DEFAULT_HOST).rstrip("/")
        if "://" not in host:
            host = f"https://{host}"
        identifier = form.get("handle", "").strip().lstrip("@")
        session = _call(
            "POST",
            f"{host}/xrpc/com.atproto.server.createSession",
            json={"identifier": identifier, "password": form.get("app_password", "").strip()},
        )
        did, handle = _take(session, "did"), _take(session, "handle")
        access = Access(host, did, handle, {"app_password": form.get("app_password", "").strip()})
        self._keep_token(access, _take(session, "accessJwt"))
        abilities, note = set(self.abilities), ""
        try:
            self._ask(access, "GET", "app.bsky.notification.listNotifications", params={"limit": "1"})
        except errors.NotAble:
            abilities -= {"mentions", "replies", "poll"}
            note = "no_appview"
        return Connected(
            host=host,
            native_id=did,
            handle=handle,
            label=f"@{handle}",
            secret=dict(access.secret),
            abilities=frozenset(abilities),
            limits=self.limits,
            note=note,
        )

    def fetch(self, access: Access, cursor: str) -> Batch:
        """Mentions, replies and quotes since the cursor, which holds the newest instant seen and its items."""
        since, seen = _read_cursor(cursor)
        items: list[Incoming] = []
        marks: list[tuple[str, str]] = []
        page = ""
        for _ in range(20):
            params = {"limit": "100"} | ({"cursor": page} if page else {})
            answer = self._ask(access, "GET", "app.bsky.notification.listNotifications", params=params)
            notifications = _take(answer, "notifications")
            for told in notifications:
                marks.append((told["indexedAt"], told["uri"]))
                if told["indexedAt"] >= since and told["uri"] not in seen and told["reason"] in _REASONS:
                    items.append(read_notification(told))
            page = answer.get("cursor") or ""
            if not page or not notifications or notifications[-1]["indexedAt"] < since:
                break
        return Batch(items=tuple(reversed(items)), cursor=_write_cursor(cursor, marks))

    def stream(self, access: Access, cursor: str) -> Iterator[Batch]:
        raise errors.NotAble("notifications are polled here")

    def receive(self, body: bytes, headers: Mapping[str, str]) -> Batch:
        raise errors.NotAble("Bluesky pushes nothing")

    def recheck(self, access: Access, native_ids: tuple[str, ...]) -> tuple[Incoming, ...]:
        """Tombstones for those of the posts kept that their authors have deleted."""
        gone: list[Incoming] = []
        for start in range(0, len(native_ids), 25):
            asked = native_ids[start : start + 25]
            query = "&".join(f"uris={quote(uri, safe='')}" for uri in asked)
            answer = self._ask(access, "GET", f"app.bsky.feed.getPosts?{query}")
            there = {post["uri"] for post in _take(answer, "posts")}
            gone += [Incoming(native_id=uri, kind="post", state="deleted") for uri in asked if uri not in there]
        return tuple(gone)

    def measure(self, text: str, limits: Limits) -> Measure:
        """Graphemes and UTF-8 bytes: the network refuses by either."""
        return Measure(
            length=len(regex.findall(r"\X", text)),
            max_length=limits.max_length,
            bytes=len(text.encode()),
            max_bytes=limits.max_bytes,
        )

    def send(self, access: Access, outgoing: Outgoing) -> Receipt:
        """Write the record under the key derived from `op_key`: the same bytes twice make no second post."""
        record: dict[str, Any] = {
            "$type": POST,
            "text": outgoing.text,
            "createdAt": _instant(outgoing.written_at),
            "langs": [outgoing.lang[:2] or "fr"],
        }
        facets = self._find_facets(access, outgoing.text)
        if facets:
            record["facets"] = facets
        if outgoing.reply_ref:
            record["reply"] = dict(outgoing.reply_ref)
        if outgoing.media:
            record["embed"] = {"$type": "app.bsky.embed.images", "images": self._upload(access, outgoing)}
        answer = self._ask(
            access,
            "POST",
            "com.atproto.repo.putRecord",
            json={"repo": access.native_id, "collection": POST, "rkey": record_key(outgoing), "record": record},
            is_write=True,
        )
        return _receipt(access, _take(answer, "uri"), _take(answer, "cid"))

    def delete(self, access: Access, native_id: str) -> None:
        self._ask(
            access,
            "POST",
            "com.atproto.repo.deleteRecord",
            json={"repo": access.native_id, "collection": POST, "rkey": native_id.rsplit("/", 1)[-1]},
        )

    def fetch_state(self, access: Access, outgoing: Outgoing) -> Receipt | None:
        try:
            answer = self._ask(
                access,
                "GET",
                "com.atproto.repo.getRecord",
                params={"repo": access.native_id, "collection": POST, "rkey": record_key(outgoing)},
            )
        except errors.Gone:
            return None
        return _receipt(access, _take(answer, "uri"), answer.get("cid", ""))

    def _upload(self, access: Access, outgoing: Outgoing) -> list[dict[str, Any]]:
        return [
            {
                "alt": medium.alt,
                "image": _take(
                    self._ask(
                        access,
                        "POST",
                        "com.atproto.repo.uploadBlob",
                        content=medium.content,
                        headers={"content-type": medium.mime},
                    ),
                    "blob",
                ),
            }
            for medium in outgoing.media
        ]

    def _find_facets(self, access: Access, text: str) -> list[dict[str, Any]]:
        facets = find_links_and_tags(text)
        raw = text.encode()
        for match in _MENTION.finditer(raw):
            handle = match.group(1).decode().lower()
            try:
                answer = self._ask(access, "GET", "com.atproto.identity.resolveHandle", params={"handle": handle})
            except (errors.Gone, errors.Rejected, errors.NotAble):
                continue
            facets.append(
                _facet(match.start(), match.end(), {"$type": "app.bsky.richtext.facet#mention", "did": answer["did"]})
            )
        return sorted(facets, key=lambda facet: facet["index"]["byteStart"])

    def _keep_token(self, access: Access, token: str) -> None:
        with self._lock:
            self._tokens[access.host, access.native_id] = token

    def _get_token(self, access: Access) -> str:
        with self._lock:
            known = self._tokens.get((access.host, access.native_id))
        return known or self._renew_token(access)

    def _renew_token(self, access: Access) -> str:
        session = _call(
            "POST",
            f"{access.host}/xrpc/com.atproto.server.createSession",
            json={"identifier": access.native_id, "password": access.secret.get("app_password", "")},
        )
        token: str = _take(session, "accessJwt")
        self._keep_token(access, token)
        return token

    def _ask(self, access: Access, method: str, call: str, *, is_write: bool = False, **more: Any) -> dict[str, Any]:
        """One call as the account; an expired session is renewed once."""
        headers = dict(more.pop("headers", {}))
        url = f"{access.host}/xrpc/{call}"
        token = self._get_token(access)
        try:
            return _call(
                method, url, headers={**headers, "authorization": f"Bearer {token}"}, is_write=is_write, **more
            )
        except errors.AuthExpired:
            token = self._renew_token(access)
            return _call(
                method, url, headers={**headers, "authorization": f"Bearer {token}"}, is_write=is_write, **more
            )


def _call(method: str, url: str, *, is_write: bool = False, **more: Any) -> dict[str, Any]:
    try:
        reply = http.request(method, url, max_redirects=0, **more)
    except http.Lost as error:
        raise (errors.Uncertain if is_write else errors.Transient)(str(error)) from error
    except http.Blocked as error:
        raise errors.Rejected(str(error), field="host") from error
    except http.HttpError as error:
        raise errors.Transient(str(error)) from error
    return read_reply(reply)


def read_reply(reply: http.Reply) -> dict[str, Any]:
    """The JSON object of a reply, or the error that its status and code mean."""
    try:
        answer = reply.json()
    except ValueError:
        answer = {}
    if not isinstance(answer, dict):
        answer = {}
    if 200 <= reply.status < 300:
        if not answer and reply.body.strip() not in (b"", b"{}"):
            raise errors.ContractBroken("the reply is no JSON object", status=reply.status)
        return answer
    code = str(answer.get("error", ""))
    detail = snippet(str(answer.get("message", "")), 300)
    if reply.status == 429:
        raise errors.RateLimited(detail, until=_read_reset(reply), status=429, code=code)
    kind = _TABLE.get((reply.status, code)) or _TABLE.get((reply.status, ""))
    if kind is None:
        kind = errors.Transient if reply.status >= 500 else errors.Rejected
    raise kind(detail, status=reply.status, code=code)


def _read_reset(reply: http.Reply) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(reply.headers.get("ratelimit-reset", "")), tz=UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _take(answer: Mapping[str, Any], key: str) -> Any:
    try:
        return answer[key]
    except KeyError as error:
        raise errors.ContractBroken(f"the reply has no {key}") from error


def read_notification(told: Mapping[str, Any]) -> Incoming:
    """A notification as an incoming item."""
    try:
        record, author = told["record"], told["author"]
        uri, cid = told["uri"], told["cid"]
        own = {"uri": uri, "cid": cid}
        reply = record.get("reply") or {}
        return Incoming(
            native_id=uri,
            kind=_REASONS[told["reason"]],
            version=cid,
            native_url=web_address(author["handle"], uri),
            root_ref=reply.get("root", {}).get("uri", ""),
            parent_ref=reply.get("parent", {}).get("uri", "") or told.get("reasonSubject", ""),
            reply_ref={"root": _strong_ref(reply.get("root")) or own, "parent": own},
            author=Author(
                native_id=author["did"],
                handle=author["handle"],
                name=author.get("displayName") or "",
                url=f"https://bsky.app/profile/{author['handle']}",
            ),
            text=record.get("text", ""),
            lang=(record.get("langs") or [""])[0],
            created_at=datetime.fromisoformat(told["indexedAt"]),
            links=_read_links(record),
            reason=told["reason"],
            raw={"uri": uri, "cid": cid, "reason": told["reason"], "record": record},
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise errors.ContractBroken(f"a notification does not read: {type(error).__name__}") from error


def _strong_ref(ref: Any) -> dict[str, str] | None:
    return {"uri": ref["uri"], "cid": ref["cid"]} if ref else None


def _read_links(record: Mapping[str, Any]) -> tuple[str, ...]:
    found = [
        feature["uri"]
        for facet in record.get("facets") or []
        for feature in facet.get("features") or []
        if feature.get("$type") == "app.bsky.richtext.facet#link"
    ]
    external = (record.get("embed") or {}).get("external") or {}
    return tuple(found + ([external["uri"]] if external.get("uri") else []))


def find_links_and_tags(text: str) -> list[dict[str, Any]]:
    """Facets by UTF-8 byte offset for the links and hashtags of a text; pure."""
    facets = [
        _facet(m.start(), m.end(), {"$type": "app.bsky.richtext.facet#link", "uri": m.group().decode()})
        for m in _URL.finditer(text.encode())
    ]
    for match in _TAG.finditer(text):
        start = len(text[: match.start()].encode())
        facets.append(
            _facet(
                start,
                start + len(match.group().encode()),
                {"$type": "app.bsky.richtext.facet#tag", "tag": match.group(1)},
            )
        )
    return facets


def _facet(start: int, end: int, feature: dict[str, Any]) -> dict[str, Any]:
    return {"index": {"byteStart": start, "byteEnd": end}, "features": [feature]}


def record_key(outgoing: Outgoing) -> str:
    """A TID of the millisecond of writing and, below it, of `op_key`: 13 characters, the same at every try."""
    key = int(outgoing.op_key.replace("-", ""), 16)
    millis = int(outgoing.written_at.timestamp() * 1000)
    micros = (millis * 1000 + key % 1000) & ((1 << 53) - 1)
    clock = (key // 1000) & 0x3FF
    number = (micros << 10) | clock
    return "".join(_B32[(number >> (5 * place)) & 31] for place in range(12, -1, -1))


def web_address(handle: str, uri: str) -> str:
    return f"https://bsky.app/profile/{handle}/post/{uri.rsplit('/', 1)[-1]}"


def _receipt(access: Access, uri: str, cid: str) -> Receipt:
    return Receipt(native_id=uri, native_url=web_address(access.handle, uri), version=cid)


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _read_cursor(cursor: str) -> tuple[str, frozenset[str]]:
    if not cursor:
        return "", frozenset()
    kept = json.loads(cursor)
    return kept["since"], frozenset(kept["seen"])


def _write_cursor(cursor: str, marks: list[tuple[str, str]]) -> str:
    """The newest instant and the ids at it; an empty fetch leaves the cursor as it was."""
    since, seen = _read_cursor(cursor)
    newest = max((at for at, _ in marks), default=since)
    if not newest:
        return ""
    ids = {uri for at, uri in marks if at == newest} | (set(seen) if newest == since else set())
    return json.dumps({"since": newest, "seen": sorted(ids)})
