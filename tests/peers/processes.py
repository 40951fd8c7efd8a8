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
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.peers.missing import MissingPeer

PG_BIN = Path("/usr/lib/postgresql/15/bin")
Child = subprocess.Popen[bytes]


def need(program: str, packages: str) -> str:
    """The program's path, or MissingPeer that names the Debian packages to install."""
    found = shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin:{PG_BIN}")
    if found is None:
        raise MissingPeer(f"{program} is absent: apt-get install {packages}")
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


def wait_for(is_ready: Callable[[], bool], what: str, child: Child, log: Path, limit_s: float) -> None:
    """Ask until it is ready; raise RuntimeError with the end of its log when it dies or takes too long."""
    ends = time.monotonic() + limit_s
    while not is_ready():
        if child.poll() is not None:
            raise RuntimeError(f"{what} ended with {child.returncode}:\n{_end_of(log)}")
        if time.monotonic() > ends:
            raise RuntimeError(f"{what} is not ready after {limit_s:.0f} s:\n{_end_of(log)}")
        time.sleep(0.1)


def _end_of(log: Path) -> str:
    return log.read_text(errors="replace")[-2000:]


@contextmanager
def run(
    command: Sequence[str], log: Path, *, env: dict[str, str] | None = None, cwd: Path | None = None
) -> Iterator[Child]:
    """A child in a group of its own, ended with its whole group."""
    with log.open("wb") as out:
        child = subprocess.Popen(
            list(command), stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=env, cwd=cwd, start_new_session=True
        )
    try:
        yield child
    finally:
        _stop(child)


def _stop(child: Child) -> None:
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
