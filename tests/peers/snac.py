"""Two real ActivityPub servers (snac2) that federate on loopback, with two accounts each."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.peers.accounts import Account, sign_in
from tests.peers.missing import MissingPeer
from tests.peers.processes import answers, folder, need, run, wait_for
from tests.peers.sharing import CACHE, Facts, share

# A mention @user@host takes no port: each server has a loopback address of its own, on port 80.
# snac also keeps its state in /dev/shm under the host's name: two pairs at once would stop each other's queues.
HOSTS = ("127.0.0.11", "127.0.0.12")
USERS = {HOSTS[0]: ("parvis", "marie"), HOSTS[1]: ("client", "voisin")}
PLACE = CACHE / "snac"
BINARY = PLACE / "usr/bin/snac"


@dataclass(frozen=True)
class Pair:
    """The two servers and the passwords of their accounts, by host and user."""

    passwords: dict[str, dict[str, str]]

    def sign_in(self, host: str, user: str) -> Account:
        """An account by the OAuth code flow."""
        return sign_in(host, user, self.passwords[host][user])


@contextmanager
def start() -> Iterator[Pair]:
    """The pair: the one that runs already, else a new one."""
    with share("snac", lambda: all(map(_is_up, HOSTS)), _boot) as facts:
        yield Pair(**facts)


def install() -> None:
    """Fetch snac2 from bookworm-backports into the cache by apt lists of our own; the system's stay as they are."""
    if BINARY.exists():
        return
    need("apt-get", "apt")
    (PLACE / "lists/partial").mkdir(parents=True, exist_ok=True)
    policy = subprocess.run(["apt-cache", "policy"], check=True, capture_output=True, text=True).stdout
    archive = re.search(r"(https?://\S+?)/? bookworm/main", policy)
    if archive is None:
        raise MissingPeer("no Debian bookworm archive is configured, so snac2 cannot be fetched")
    sources = PLACE / "sources.list"
    sources.write_text(f"deb {archive.group(1)} bookworm-backports main\n")
    apt = [
        "apt-get", "-o", f"Dir::Etc::sourcelist={sources}", "-o", "Dir::Etc::sourceparts=-",
        "-o", f"Dir::State::lists={PLACE / 'lists'}", "-o", "APT::Sandbox::User=root",
    ]  # fmt: skip
    subprocess.run([*apt, "update", "-qq"], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(
        [*apt, "-t", "bookworm-backports", "download", "snac2"], check=True, cwd=PLACE, stdout=subprocess.DEVNULL
    )
    package = next(PLACE.glob("snac2_*.deb"))
    subprocess.run(["dpkg", "-x", str(package), str(PLACE)], check=True)


def _is_up(host: str) -> bool:
    return answers(f"http://{host}/api/v1/instance")


@contextmanager
def _boot() -> Iterator[Facts]:
    if os.geteuid() != 0:
        raise MissingPeer("the Fediverse pair listens on port 80: run as root")
    if not BINARY.exists():
        raise MissingPeer("snac2 is absent: ./parvis test --real fetches it, or python -m tests.peers snac")
    with ExitStack() as stack:
        scratch = stack.enter_context(folder("snac"))
        passwords = {}
        for host in HOSTS:
            place, log = scratch / host, scratch / f"{host}.log"
            passwords[host] = _make_server(place, host)
            child = stack.enter_context(run([str(BINARY), "httpd", str(place)], log))
            wait_for(partial(_is_up, host), f"snac at {host}", child, log, 20)
        yield {"passwords": passwords}


def _make_server(place: Path, host: str) -> dict[str, str]:
    """A new server's folder; the passwords that snac chose for its accounts."""
    address, port, name, prefix, admin_mail = host, "80", host, "", ""
    _snac("init", str(place), typed="\n".join([address, port, name, prefix, admin_mail, ""]))
    settings = place / "server.json"
    ours = {
        "protocol": "http", "disable_sandbox": True, "min_account_age": 0, "queue_retry_minutes": 0,
        "title": f"snac {host}", "short_description": "loopback peer", "admin_account": USERS[host][0],
    }  # fmt: skip
    settings.write_text(json.dumps(json.loads(settings.read_text()) | ours))
    return {user: _make_account(place, user) for user in USERS[host]}


def _make_account(place: Path, user: str) -> str:
    said = _snac("adduser", str(place), user, typed=f"{user.title()}\n")
    found = re.search(r"password is (\S+)", said)
    if found is None:
        raise RuntimeError(f"snac gave no password for {user}: {said}")
    return found.group(1)


def _snac(*arguments: str, typed: str) -> str:
    ended = subprocess.run([str(BINARY), *arguments], input=typed, text=True, check=True, capture_output=True)
    return ended.stdout + ended.stderr
