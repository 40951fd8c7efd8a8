"""Two real ActivityPub servers (snac2) that federate on loopback, and their accounts' tokens."""

import json
import os
import re
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.peers.missing import MissingPeer
from tests.peers.processes import CACHE, answers, folder, may_install, need, run, wait_for

HOSTS = ("127.0.0.11", "127.0.0.12")
USERS = {HOSTS[0]: ("parvis", "marie"), HOSTS[1]: ("client", "voisin")}
OOB = "urn:ietf:wg:oauth:2.0:oob"
SCOPE = "read write follow"


@dataclass(frozen=True)
class Account:
    """An account with a token, driven by the Mastodon API."""

    host: str
    user: str
    password: str
    token: str

    def call(self, method: str, path: str, **form: str) -> Any:
        data = urllib.parse.urlencode(form).encode() if method == "POST" else None
        url = f"http://{self.host}{path}" + (f"?{urllib.parse.urlencode(form)}" if form and data is None else "")
        request = urllib.request.Request(
            url, method=method, data=data, headers={"authorization": f"Bearer {self.token}"}
        )
        with urllib.request.urlopen(request, timeout=20) as reply:
            return json.loads(reply.read() or b"null")

    def post(self, text: str, **more: str) -> Any:
        return self.call("POST", "/api/v1/statuses", status=text, **more)


@dataclass(frozen=True)
class Pair:
    """The two servers and the passwords of their accounts."""

    passwords: dict[str, dict[str, str]]

    def sign_in(self, host: str, user: str) -> Account:
        """An account by the OAuth code flow."""
        password = self.passwords[host][user]
        app = _post(f"http://{host}/api/v1/apps", client_name="tests", redirect_uris=OOB, scopes=SCOPE)
        made = json.loads(app)
        code = approve(host, user, password, made["client_id"], OOB)
        token = json.loads(
            _post(
                f"http://{host}/oauth/token", grant_type="authorization_code", code=code, scope=SCOPE,
                client_id=made["client_id"], client_secret=made["client_secret"], redirect_uri=OOB,
            )
        )  # fmt: skip
        return Account(host, user, password, token["access_token"])


def _post(url: str, **form: str) -> bytes:
    with urllib.request.urlopen(url, data=urllib.parse.urlencode(form).encode(), timeout=20) as reply:
        body: bytes = reply.read()
        return body


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def approve(host: str, user: str, password: str, client_id: str, redirect_uri: str, state: str = "") -> str:
    """Say yes on the server's own page as a person would; the code it gives."""
    query = urllib.parse.urlencode(
        {"response_type": "code", "client_id": client_id, "scope": SCOPE, "redirect_uri": redirect_uri, "state": state}
    )
    with urllib.request.urlopen(f"http://{host}/oauth/authorize?{query}", timeout=20) as reply:
        page = reply.read().decode()
    hidden = dict(re.findall(r'<input[^>]*type="hidden"[^>]*name="([^"]*)"[^>]*value="([^"]*)"', page))
    action = re.search(r'action="([^"]*)"', page)
    assert action is not None, page
    form = {
        "client_id": client_id, "redirect_uri": redirect_uri, "state": state, "scope": SCOPE, **hidden,
        "login": user, "passwd": password,
    }  # fmt: skip
    url = action.group(1) if action.group(1).startswith("http") else f"http://{host}{action.group(1)}"
    opener = urllib.request.build_opener(_Stay)
    try:
        with opener.open(url, data=urllib.parse.urlencode(form).encode(), timeout=20) as reply:
            return str(reply.read().decode().strip())
    except urllib.error.HTTPError as error:
        place = error.headers.get("Location", "")
        return urllib.parse.parse_qs(urllib.parse.urlsplit(place).query)["code"][0]


def _find_snac() -> Path:
    place = CACHE / "snac"
    binary = place / "usr/bin/snac"
    if binary.exists():
        return binary
    if not may_install():
        raise MissingPeer("snac2 is not installed: ./parvis test --real fetches it from bookworm-backports")
    need("apt-get", "apt")
    (place / "lists/partial").mkdir(parents=True, exist_ok=True)
    main = subprocess.run(["apt-cache", "policy"], check=True, capture_output=True, text=True).stdout
    found = re.search(r"(https?://\S+?)/? bookworm/main", main)
    if found is None:
        raise MissingPeer("no Debian bookworm archive is configured, so snac2 cannot be fetched")
    (place / "sources.list").write_text(f"deb {found.group(1)} bookworm-backports main\n")
    options = [
        "-o", f"Dir::Etc::sourcelist={place / 'sources.list'}", "-o", "Dir::Etc::sourceparts=-",
        "-o", f"Dir::State::lists={place / 'lists'}", "-o", "APT::Sandbox::User=root",
    ]  # fmt: skip
    subprocess.run(["apt-get", *options, "update", "-qq"], check=True)
    subprocess.run(["apt-get", *options, "-t", "bookworm-backports", "download", "snac2"], check=True, cwd=place)
    package = next(place.glob("snac2_*.deb"))
    subprocess.run(["dpkg", "-x", str(package), str(place)], check=True)
    return binary


def _make_server(snac: Path, place: Path, host: str) -> dict[str, str]:
    subprocess.run(
        [str(snac), "init", str(place)], input=f"{host}\n80\n{host}\n\n\n", text=True, check=True, capture_output=True
    )
    settings = json.loads((place / "server.json").read_text())
    settings |= {
        "protocol": "http", "disable_sandbox": True, "min_account_age": 0, "queue_retry_minutes": 0,
        "title": f"snac {host}", "short_description": "loopback peer", "admin_account": USERS[host][0],
    }  # fmt: skip
    (place / "server.json").write_text(json.dumps(settings))
    passwords = {}
    for user in USERS[host]:
        made = subprocess.run(
            [str(snac), "adduser", str(place), user], input=f"{user.title()}\n", text=True, check=True, capture_output=True
        )
        found = re.search(r"password is (\S+)", made.stdout + made.stderr)
        assert found is not None, made.stdout + made.stderr
        passwords[user] = found.group(1)
    return passwords


@contextmanager
def start() -> Iterator[Pair]:
    """Two servers that know nothing yet but each other's address."""
    if os.geteuid() != 0:
        raise MissingPeer("the Fediverse pair listens on port 80: run as root")
    snac = _find_snac()
    if any(answers(f"http://{host}/api/v1/instance") for host in HOSTS):
        raise RuntimeError("something already listens on the Fediverse pair's addresses")
    passwords = {}
    with ExitStack() as stack:
        scratch = stack.enter_context(folder("snac"))
        for host in HOSTS:
            passwords[host] = _make_server(snac, scratch / host, host)
            log = scratch / f"{host}.log"
            child = stack.enter_context(run([str(snac), "httpd", str(scratch / host)], log))
            wait_for(lambda host=host: answers(f"http://{host}/api/v1/instance"), f"snac {host}", log, child, 20)
        yield Pair(passwords)
