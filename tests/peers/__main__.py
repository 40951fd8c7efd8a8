"""Runs one peer by hand: one JSON line when it is ready, until SIGTERM, or while the command after `--` runs.

The command finds the peer's facts in its environment: PARVIS_DATABASE_URL for PostgreSQL.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, is_dataclass
from types import FrameType
from typing import Any

from tests.peers import bluesky, mastodon, postgres, snac, wordpress
from tests.peers.missing import MissingPeer

Start = Callable[[], AbstractContextManager[Any]]
STARTS: dict[str, Start] = {
    "bluesky": bluesky.start,
    "bluesky-pds": bluesky.start_pds,
    "snac": snac.start,
    "wordpress": wordpress.start,
    "postgres": postgres.start,
    "mastodon-mock": mastodon.start,
}
INSTALLS: dict[str, Callable[[], None]] = {
    "bluesky": bluesky.install,
    "bluesky-pds": bluesky.install,
    "snac": snac.install,
}


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.peers", description=__doc__)
    parser.add_argument("name", choices=[*STARTS, "install"], help="a peer, or `install`: fetch what is slow to make")
    parser.add_argument("command", nargs="*", help="after --: run this while the peer runs")
    asked = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, _leave)
    try:
        if asked.name == "install":
            return _install_all()
        return _run(asked.name, asked.command)
    except MissingPeer as missing:
        print(missing, file=sys.stderr)
        return 1


def _leave(number: int, _frame: FrameType | None) -> None:
    """End the blocks that hold the peers, once."""
    signal.signal(number, signal.SIG_IGN)
    raise SystemExit(0)


def _install_all() -> int:
    for install in dict.fromkeys(INSTALLS.values()):
        install()
    return 0


def _run(name: str, command: Sequence[str]) -> int:
    if name in INSTALLS:
        INSTALLS[name]()
    with STARTS[name]() as peer:
        facts = asdict(peer) if is_dataclass(peer) and not isinstance(peer, type) else {"url": peer}
        print(json.dumps({"ready": True, "name": name, **facts}), flush=True)
        if not command:
            while True:
                signal.pause()
        env = {**os.environ, **({"PARVIS_DATABASE_URL": peer} if name == "postgres" else {})}
        return subprocess.run(command, env=env, check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
