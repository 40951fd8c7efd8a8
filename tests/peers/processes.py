"""Starts and stops the servers: a child in its own group, waited for by asking it, ended as a group."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.peers.missing import MissingPeer

CACHE = Path(os.environ.get("PARVIS_PEERS_CACHE", Path.home() / ".cache" / "parvis-peers"))
PG_BIN = Path("/usr/lib/postgresql/15/bin")


def may_install() -> bool:
    """Slow installs are made only when everything is asked to run."""
    return os.environ.get("PARVIS_TEST_REAL") == "1"


def need(program: str, package: str) -> str:
    found = shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin:{PG_BIN}")
    if found is None:
        raise MissingPeer(f"{program} is absent: apt-get install {package}")
    return found


def answers(url: str) -> bool:
    """Whether something speaks HTTP there."""
    try:
        with urllib.request.urlopen(url, timeout=3):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def listens(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0


def wait_for(ready: object, what: str, log: Path, child: subprocess.Popen[bytes] | None, limit_s: float) -> None:
    """Ask until it is ready; say its log when it dies or takes too long."""
    assert callable(ready)
    ends = time.monotonic() + limit_s
    while not ready():
        if child is not None and child.poll() is not None:
            raise RuntimeError(f"{what} ended with {child.returncode}:\n{log.read_text()[-2000:]}")
        if time.monotonic() > ends:
            raise RuntimeError(f"{what} is not ready after {limit_s} s:\n{log.read_text()[-2000:]}")
        with suppress(subprocess.TimeoutExpired):
            (child or _SLEEPER).wait(0.1)


class _Sleeper:
    def wait(self, seconds: float) -> None:
        time.sleep(seconds)


_SLEEPER = _Sleeper()


@contextmanager
def run(
    command: Sequence[str], log: Path, *, env: dict[str, str] | None = None, cwd: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A child in a group of its own, ended with its whole group."""
    with log.open("wb") as out:
        child = subprocess.Popen(
            list(command), stdout=out, stderr=out, env=env, cwd=cwd, start_new_session=True, stdin=subprocess.DEVNULL
        )
    try:
        yield child
    finally:
        stop(child)


def stop(child: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGTERM)
    try:
        child.wait(15)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait(5)


@contextmanager
def folder(name: str) -> Iterator[Path]:
    """A folder outside the checkout that goes with the peer, readable by the servers' own users."""
    path = Path(tempfile.mkdtemp(prefix=f"parvis-{name}-"))
    path.chmod(0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
