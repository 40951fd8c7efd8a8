"""Mastodon and the small servers that speak its API: linked by the person's yes on their server, heard by
notifications, answered with the visibility of what is answered.

How statuses read and how texts are counted is in `mastodon_read`.
"""

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import takewhile
from typing import Any, Final
from urllib.parse import urlencode

from parvis.lib import http
from parvis.networks.mastodon_read import (
    count,
    find_same,
    has_next_page,
    notification_id,
    read_event,
    read_limits,
    read_notification,
    read_reply,
    read_server,
    read_time,
    streaming_base,
    take,
)
from parvis.wire import errors
from parvis.wire.contract import (
    Access,
    Batch,
    Connected,
    Consent,
    Field,
    Incoming,
    Limits,
    Measure,
    Media,
    Outgoing,
    Policy,
    Receipt,
)

SCOPES: Final = "read:accounts read:statuses read:notifications write:statuses write:media"
NAME_ROOM: Final = 32  # an answer begins with the name of whom it answers: "@", 30 characters at most, a space
_PAGES: Final = 25
_VISIBILITY: Final = {"public": "public", "unlisted": "unlisted", "private": "direct", "internal": "direct"}


class Mastodon:
    """The network contract for Mastodon and servers with its API."""

    name = "mastodon"
    label = "Mastodon"
    abilities = frozenset(
        {"mentions", "replies", "messages", "reply", "publish", "delete", "media", "poll", "stream"}
    )  # fmt: skip
    limits = Limits(max_length=500 - NAME_ROOM, url_length=23, local_handle_only=True, max_media=4)
    policy = Policy(must_recheck=True)
    fields = (Field("host", example="mastodon.social"),)
    tested_live = False

    def consent(self, form: Mapping[str, str], *, return_to: str) -> Consent | None:
        """Register as an application of the person's server, and give the address of its consent page."""
        host = read_server(form.get("host", ""))
        app = {"client_name": "Parvis", "redirect_uris": return_to, "scopes": SCOPES}
        made = _call("POST", f"{host}/api/v1/apps", form=app)
        keep = {
            "host": host,
            "client_id": take(made, "client_id"),
            "client_secret": take(made, "client_secret"),
            "redirect_uri": return_to,
            "state": secrets.token_urlsafe(24),
        }
        query = urlencode(
            {
                "response_type": "code",
                "client_id": keep["client_id"],
                "redirect_uri": return_to,
                "scope": SCOPES,
                "state": keep["state"],
            }
        )
        return Consent(url=f"{host}/oauth/authorize?{query}", keep=keep)

    def connect(self, form: Mapping[str, str]) -> Connected:
        """Exchange the code that the person's yes brought, and ask the server who they are and what it accepts."""
        host = read_server(form.get("host", ""))
        if not secrets.compare_digest(form.get("returned_state", "").encode(), form.get("state", "").encode()):
            raise errors.Rejected("the answer is not to the question that was asked", field="state")
        if not form.get("code"):
            raise errors.PermissionMissing("the person did not say yes")
        granted = _call(
            "POST",
            f"{host}/oauth/token",
            form={
                "grant_type": "authorization_code",
                "code": form["code"],
                "client_id": form.get("client_id", ""),
                "client_secret": form.get("client_secret", ""),
                "redirect_uri": form.get("redirect_uri", ""),
                "scope": SCOPES,
            },
        )
        return self.prove(host, take(granted, "access_token"))

    def prove(self, host: str, token: str) -> Connected:
        """The account that a token opens, with what its server can do."""
        me = _call("GET", f"{host}/api/v1/accounts/verify_credentials", token=token)
        instance = _ask_instance(host)
        limits = read_limits(instance)
        streaming = streaming_base(instance, host)
        abilities = set(self.abilities)
        if not _has_streaming(streaming):
            streaming = ""
            abilities.discard("stream")
        handle = f"{take(me, 'acct').split('@')[0]}@{host.split('://', 1)[1]}"
        return Connected(
            host=host,
            native_id=take(me, "id"),
            handle=handle,
            label=f"@{handle}",
            secret={"access_token": token, "streaming": streaming},
            abilities=frozenset(abilities),
            limits=replace(limits, max_length=max(1, (limits.max_length or 500) - NAME_ROOM)),
        )

    def fetch(self, access: Access, cursor: str) -> Batch:
        """What is said to us since the notification named by `cursor`, oldest first; the newest page at first.

        A server may ignore `since_id`, and ids may be any string: what is known already ends the reading.
        """
        told: list[Mapping[str, Any]] = []
        seen: set[str] = set()
        before = ""
        for _ in range(_PAGES if cursor else 1):
            paging = {name: value for name, value in (("since_id", cursor), ("max_id", before)) if value}
            query = urlencode([("limit", "40"), ("types[]", "mention"), ("types[]", "quote"), *paging.items()])
            reply = _request("GET", f"{access.host}/api/v1/notifications?{query}", token=_token(access))
            page = _as_list(read_reply(reply))
            newer = list(takewhile(lambda one: notification_id(one) != cursor, page))
            fresh = [one for one in newer if notification_id(one) not in seen]
            told += fresh
            seen |= {notification_id(one) for one in fresh}
            if not fresh or len(newer) < len(page) or not has_next_page(reply):
                break
            before = notification_id(page[-1])
        items = (read_notification(one, access) for one in reversed(told))
        newest = notification_id(told[0]) if told else cursor
        return Batch(items=tuple(item for item in items if item is not None), cursor=newest)

    def stream(self, access: Access, cursor: str) -> Iterator[Batch]:
        """Server-sent events, where the server has them: mentions, edits and deletions as they come."""
        base = access.secret.get("streaming", "")
        if not base:
            raise errors.NotAble("this server streams nothing")
        event = ""
        try:
            for line in http.stream_lines("GET", f"{base}/api/v1/streaming/user", headers=_authorized(access)):
                name, _, value = line.partition(":")
                if name == "event":
                    event = value.strip()
                elif name == "data":
                    batch = read_event(event, value.strip(), access, cursor)
                    if batch is not None:
                        cursor = batch.cursor
                        yield batch
        except http.HttpError as error:
            raise errors.Transient(str(error)) from error

    def receive(self, body: bytes, headers: Mapping[str, str]) -> Batch:
        raise errors.NotAble("what Mastodon pushes is for browsers")

    def recheck(self, access: Access, native_ids: tuple[str, ...]) -> tuple[Incoming, ...]:
        """Tombstones for those of the statuses kept that their authors have deleted."""
        return tuple(
            Incoming(native_id=native_id, kind="post", state="deleted")
            for native_id in native_ids
            if self._find_status(access, native_id) is None
        )

    def measure(self, text: str, limits: Limits) -> Measure:
        """Characters, a link counting `url_length` and a remote name only its local part."""
        return Measure(count(text, limits), limits.max_length, len(text.encode()), limits.max_bytes)

    def send(self, access: Access, outgoing: Outgoing) -> Receipt:
        """Post under `op_key` as Idempotency-Key, which the server honours for an hour; `fetch_state` after that."""
        words = compose(outgoing)
        body: dict[str, Any] = {**words, "media_ids": [self._upload(access, medium) for medium in outgoing.media]}
        more: dict[str, Any] = {"json": body} if outgoing.media else {"form": words}
        made = _call(
            "POST",
            f"{access.host}/api/v1/statuses",
            token=_token(access),
            headers={"idempotency-key": outgoing.op_key},
            is_write=True,
            **more,
        )
        return _receipt(made)

    def delete(self, access: Access, native_id: str) -> None:
        """Take it back; a small server without deletion answers 404 too, and is not taken for one that did it."""
        try:
            _call("DELETE", f"{access.host}/api/v1/statuses/{native_id}", token=_token(access))
        except errors.Gone as error:
            if self._find_status(access, native_id) is not None:
                raise errors.NotAble("this server deletes nothing by its API") from error

    def fetch_state(self, access: Access, outgoing: Outgoing) -> Receipt | None:
        """Our status with the same words: below what it answers, else among our own since it was written."""
        words = compose(outgoing)
        parent = words.get("in_reply_to_id", "")
        if parent:
            try:
                below = _call("GET", f"{access.host}/api/v1/statuses/{parent}/context", token=_token(access))
            except errors.Gone:
                below = {}
            found = find_same(below.get("descendants") or [], access.native_id, words)
            if found is not None:
                return _receipt(found)
        return self._find_own(access, outgoing, words)

    def _find_own(self, access: Access, outgoing: Outgoing, words: Mapping[str, str]) -> Receipt | None:
        since = outgoing.written_at - timedelta(minutes=5)
        before = ""
        for _ in range(10):
            query = urlencode({"limit": "40", "exclude_reblogs": "true"} | ({"max_id": before} if before else {}))
            url = f"{access.host}/api/v1/accounts/{access.native_id}/statuses?{query}"
            page = _as_list(read_reply(_request("GET", url, token=_token(access))))
            recent = [one for one in page if read_time(take(one, "created_at")) >= since]
            found = find_same(recent, access.native_id, words)
            if found is not None:
                return _receipt(found)
            if len(recent) < len(page) or not page or take(page[-1], "id") == before:
                return None
            before = take(page[-1], "id")
        raise errors.Uncertain("too many statuses were written since to be sure")

    def _find_status(self, access: Access, native_id: str) -> dict[str, Any] | None:
        try:
            return _call("GET", f"{access.host}/api/v1/statuses/{native_id}", token=_token(access))
        except errors.Gone:
            return None

    def _upload(self, access: Access, medium: Media) -> str:
        kind, content = _as_multipart(medium)
        headers = {"content-type": kind}
        made = _call("POST", f"{access.host}/api/v2/media", token=_token(access), headers=headers, content=content)
        return str(take(made, "id"))


def compose(outgoing: Outgoing) -> dict[str, str]:
    """The fields of the status to post: an answer names whom it answers and is seen by no more people. Pure."""
    answered = outgoing.reply_ref
    words = {"status": outgoing.text, "visibility": _VISIBILITY[outgoing.audience], "language": outgoing.lang or "fr"}
    if not answered:
        return words
    name = f"@{answered['acct']}" if answered.get("acct") else ""
    if name and name.lower() not in outgoing.text.lower():
        words["status"] = f"{name} {outgoing.text}"
    words["visibility"] = str(answered.get("visibility") or words["visibility"])
    words["in_reply_to_id"] = str(answered["id"])
    if answered.get("spoiler_text"):
        words["spoiler_text"] = str(answered["spoiler_text"])
    return words


def _as_multipart(medium: Media) -> tuple[str, bytes]:
    mark = secrets.token_hex(16)
    head = (
        f'--{mark}\r\ncontent-disposition: form-data; name="description"\r\n\r\n{medium.alt}\r\n'
        f'--{mark}\r\ncontent-disposition: form-data; name="file"; filename="picture"\r\n'
        f"content-type: {medium.mime}\r\n\r\n"
    )
    return f"multipart/form-data; boundary={mark}", head.encode() + medium.content + f"\r\n--{mark}--\r\n".encode()


def _ask_instance(host: str) -> dict[str, Any]:
    for version in ("v2", "v1"):
        try:
            return _call("GET", f"{host}/api/{version}/instance")
        except (errors.Gone, errors.ContractBroken):
            continue
    return {}


def _has_streaming(base: str) -> bool:
    try:
        return _request("GET", f"{base}/api/v1/streaming/health").status == 200
    except errors.NetworkError:
        return False


def _token(access: Access) -> str:
    return access.secret.get("access_token", "")


def _authorized(access: Access) -> dict[str, str]:
    return {"authorization": f"Bearer {_token(access)}"}


def _receipt(status: Mapping[str, Any]) -> Receipt:
    url = status.get("url") or status.get("uri") or ""
    return Receipt(native_id=str(take(status, "id")), native_url=url, version=status.get("edited_at") or "")


def _as_list(answer: Any) -> list[dict[str, Any]]:
    if not isinstance(answer, list):
        raise errors.ContractBroken("the reply is no list")
    return answer


def _call(method: str, url: str, *, is_write: bool = False, **more: Any) -> dict[str, Any]:
    answer = read_reply(_request(method, url, is_write=is_write, **more), is_write=is_write)
    if not isinstance(answer, dict):
        raise errors.ContractBroken("the reply is no JSON object")
    return answer


def _request(method: str, url: str, *, token: str = "", is_write: bool = False, **more: Any) -> http.Reply:  # noqa: S107
    headers = {"connection": "close", **more.pop("headers", {})}  # small servers hang up on kept ones without a word
    if token:
        headers["authorization"] = f"Bearer {token}"
    try:
        return _reach(method, url, headers=headers, max_redirects=0, **more)
    except http.Lost as error:
        raise (errors.Uncertain if is_write else errors.Transient)(str(error)) from error
    except http.Blocked as error:
        raise errors.Rejected(str(error), field="host") from error
    except http.HttpError as error:
        raise errors.Transient(str(error)) from error


def _reach(method: str, url: str, **more: Any) -> http.Reply:
    """One request; what changes nothing when repeated (reading, deleting) is asked again once."""
    try:
        return http.request(method, url, **more)
    except http.Lost:
        if method not in ("GET", "DELETE"):
            raise
        return http.request(method, url, **more)
