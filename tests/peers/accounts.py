"""People with accounts on the peers, driven by raw calls: what a customer does elsewhere while Parvis is tested."""

import json
import re
import secrets
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

PDS = "http://localhost:18203"
POSTS = "app.bsky.feed.post"
OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
SCOPE = "read write follow"
Answer = dict[str, Any]


def until(look: Callable[[], Any], limit_s: float = 30) -> Any:
    """Ask again until the answer is true; the last answer when time is up. A refusal (4xx) counts as not yet."""
    ends = time.monotonic() + limit_s
    while True:
        try:
            seen = look()
        except urllib.error.HTTPError as error:
            if error.code >= 500 or time.monotonic() > ends:
                raise
            seen = None
        if seen or time.monotonic() > ends:
            return seen
        time.sleep(0.1)


def xrpc(method: str, name: str, body: Answer | None = None, *, token: str = "", host: str = PDS) -> Answer:
    """One call to an AT Protocol server; urllib.error.HTTPError on a refusal."""
    request = urllib.request.Request(
        f"{host}/xrpc/{name}",
        method=method,
        data=json.dumps(body).encode() if body is not None else None,
        headers={"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {}),
    )
    with urllib.request.urlopen(request, timeout=30) as reply:
        answer: Answer = json.loads(reply.read() or b"{}")
        return answer


def mention_facet(text: str, named: "Person") -> Answer:
    """The facet of `@handle` in the text, by UTF-8 bytes as the lexicon wants."""
    start = text.encode().index(f"@{named.handle}".encode())
    return {
        "index": {"byteStart": start, "byteEnd": start + len(named.handle.encode()) + 1},
        "features": [{"$type": "app.bsky.richtext.facet#mention", "did": named.did}],
    }


@dataclass(frozen=True)
class Person:
    """An account on a PDS with its session."""

    did: str
    handle: str
    password: str
    token: str
    host: str = PDS

    def call(self, method: str, name: str, body: Answer | None = None) -> Answer:
        return xrpc(method, name, body, token=self.token, host=self.host)

    def post(self, text: str, *, mention: "Person | None" = None, **fields: Any) -> dict[str, str]:
        """Write a post, its uri and cid; `mention` is named in the text by @handle, `fields` go into the record."""
        record: Answer = {
            "$type": POSTS,
            "text": text,
            "createdAt": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "langs": ["fr"],
        }
        if mention is not None:
            record["facets"] = [mention_facet(text, mention)]
        made = self.call(
            "POST",
            "com.atproto.repo.createRecord",
            {"repo": self.did, "collection": POSTS, "record": record | fields},
        )
        return {"uri": made["uri"], "cid": made["cid"]}

    def reply(self, text: str, parent: dict[str, str], root: dict[str, str] | None = None) -> dict[str, str]:
        """Answer a post; `root` is the first of the thread where that is not the parent."""
        links = {name: {"uri": post["uri"], "cid": post["cid"]} for name, post in
                 (("parent", parent), ("root", root or parent))}  # fmt: skip
        return self.post(text, reply=links)

    def delete(self, uri: str) -> None:
        self.call(
            "POST",
            "com.atproto.repo.deleteRecord",
            {"repo": self.did, "collection": POSTS, "rkey": uri.rsplit("/", 1)[1]},
        )

    def app_password(self) -> str:
        made = self.call("POST", "com.atproto.server.createAppPassword", {"name": f"parvis-{secrets.token_hex(3)}"})
        password: str = made["password"]
        return password

    def list_posts(self) -> list[Answer]:
        """The last hundred posts in this person's own repository."""
        listed = self.call("GET", f"com.atproto.repo.listRecords?repo={self.did}&collection={POSTS}&limit=100")
        records: list[Answer] = listed["records"]
        return records

    def read_thread(self, uri: str) -> Answer:
        """The thread below a post as the AppView shows it to this person."""
        thread: Answer = self.call("GET", f"app.bsky.feed.getPostThread?uri={uri}")["thread"]
        return thread

    def read_replies(self, uri: str) -> list[Answer]:
        replies: list[Answer] = self.read_thread(uri).get("replies", [])
        return replies


def make_person(stem: str, host: str = PDS) -> Person:
    """A new account; its handle begins with the stem, as far as a handle's length allows."""
    handle = f"{stem[:11]}{secrets.token_hex(3)}.test"
    password = secrets.token_hex(8)
    made = xrpc(
        "POST",
        "com.atproto.server.createAccount",
        {"handle": handle, "email": f"{handle}@example.test", "password": password},
        host=host,
    )
    return Person(made["did"], handle, password, made["accessJwt"], host)


@dataclass(frozen=True)
class Account:
    """An account with a token, driven by the Mastodon API."""

    host: str
    user: str
    password: str
    token: str

    @property
    def address(self) -> str:
        return f"{self.user}@{self.host}"

    def call(self, method: str, path: str, **form: str) -> Any:
        data = urllib.parse.urlencode(form).encode() if form else None
        url = f"http://{self.host}{path}"
        if method == "GET" and data is not None:
            url, data = f"{url}?{data.decode()}", None
        request = urllib.request.Request(
            url, method=method, data=data, headers={"authorization": f"Bearer {self.token}"}
        )
        with urllib.request.urlopen(request, timeout=20) as reply:
            return json.loads(reply.read() or b"null")

    def post(self, text: str, **fields: str) -> Answer:
        """Write a status; `visibility` and `in_reply_to_id` are among the fields."""
        made: Answer = self.call("POST", "/api/v1/statuses", status=text, **fields)
        return made

    def delete(self, status_id: str) -> None:
        self.call("DELETE", f"/api/v1/statuses/{status_id}")

    def list_notifications(self, kind: str) -> list[Answer]:
        return [seen for seen in self.call("GET", "/api/v1/notifications") if seen["type"] == kind]

    def read_thread(self, status_id: str) -> Answer:
        """The `ancestors` and `descendants` of a status."""
        context: Answer = self.call("GET", f"/api/v1/statuses/{status_id}/context")
        return context


def sign_in(host: str, user: str, password: str) -> Account:
    """An account by the OAuth code flow, out of band."""
    app = json.loads(
        _submit(f"http://{host}/api/v1/apps", client_name="tests", redirect_uris=OUT_OF_BAND, scopes=SCOPE)
    )
    keys = {"client_id": app["client_id"], "client_secret": app["client_secret"], "redirect_uri": OUT_OF_BAND}
    code = approve(host, user, password, app["client_id"], OUT_OF_BAND)
    granted = json.loads(
        _submit(f"http://{host}/oauth/token", grant_type="authorization_code", code=code, scope=SCOPE, **keys)
    )
    return Account(host, user, password, granted["access_token"])


def approve(host: str, user: str, password: str, client_id: str, redirect_uri: str, state: str = "") -> str:
    """Say yes on the server's own page as a person would; the code that it gives."""
    asked = {"client_id": client_id, "redirect_uri": redirect_uri, "state": state, "scope": SCOPE}
    query = urllib.parse.urlencode({"response_type": "code", **asked})
    with urllib.request.urlopen(f"http://{host}/oauth/authorize?{query}", timeout=20) as reply:
        page = reply.read().decode()
    hidden = dict(re.findall(r'<input[^>]*type="hidden"[^>]*name="([^"]*)"[^>]*value="([^"]*)"', page))
    action = re.search(r'action="([^"]*)"', page)
    if action is None:
        raise ValueError(f"no form on the page of {host}: {page[:500]}")
    url = urllib.parse.urljoin(f"http://{host}/oauth/authorize", action.group(1))
    try:
        return _submit(url, **asked, login=user, passwd=password, **_beyond(hidden, asked)).decode().strip()
    except urllib.error.HTTPError as error:
        place = urllib.parse.urlsplit(error.headers.get("Location", ""))
        return urllib.parse.parse_qs(place.query)["code"][0]


def _beyond(hidden: dict[str, str], asked: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in hidden.items() if name not in asked}


class _StayHere(urllib.request.HTTPRedirectHandler):
    """A redirect carries the code: read it, do not follow it."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def _submit(url: str, **form: str) -> bytes:
    opener = urllib.request.build_opener(_StayHere)
    with opener.open(url, data=urllib.parse.urlencode(form).encode(), timeout=20) as reply:
        body: bytes = reply.read()
        return body
