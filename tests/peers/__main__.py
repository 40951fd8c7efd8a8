"""`python -m tests.peers NAME`: a real server by hand, until Ctrl-C; `postgres -- COMMAND` runs a command over one."""

import os
import signal
import subprocess
import sys
from contextlib import AbstractContextManager
from typing import Any

from tests.peers import bluesky, postgres, snac, wordpress

PORT = 18253


def find(name: str) -> AbstractContextManager[Any]:
    if name == "postgres":
        return postgres.start(PORT)
    return {"bluesky": bluesky.start, "snac": snac.start, "wordpress": wordpress.start}[name]()


def main() -> int:
    name, _, *command = [*sys.argv[1:], "", ""]
    with find(name) as peer:
        if name == "postgres" and command[:1] != [""] and len(sys.argv) > 3:
            env = {**os.environ, "PARVIS_DATABASE_URL": peer}
            return subprocess.run(sys.argv[3:], env=env, check=False).returncode
        print(peer, flush=True)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        signal.pause()
    return 0


if __name__ == "__main__":
    os.environ.setdefault("PARVIS_TEST_REAL", "1")
    sys.exit(main())
