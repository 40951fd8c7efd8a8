"""A double of Mastodon's API, with streaming and faults on demand; the Fediverse pair keeps it from flattering us."""

import json
import shutil
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.peers.missing import MissingPeer
from tests.peers.processes import answers, folder, run, wait_for

PORT = 18210


@dataclass(frozen=True)
class Mock:
    """The running double; its faults are those of mastodon-mock."""

    url: str
    token: str = "mock_token"

    def control(self, path: str, **body: Any) -> Any:
        """POST to the double's own `/api/v1/_mock/...`."""
        request = urllib.request.Request(
            f"{self.url}/api/v1/_mock/{path}", method="POST", data=json.dumps(body).encode(),
            headers={"content-type": "application/json"},
        )  # fmt: skip
        with urllib.request.urlopen(request, timeout=10) as reply:
            return json.loads(reply.read() or b"null")


@contextmanager
def start() -> Iterator[Mock]:
    """A new double with nothing in it."""
    program = shutil.which("mastodon_mock", path=str(Path(sys.executable).parent))
    if program is None:
        raise MissingPeer("mastodon-mock is absent: ./parvis test installs it")
    url = f"http://127.0.0.1:{PORT}"
    with folder("mastodon-mock") as scratch:
        log = scratch / "server.log"
        command = [program, "serve", "--in-memory", "--host", "127.0.0.1", "--port", str(PORT)]
        with run(command, log, cwd=scratch) as child:
            wait_for(lambda: answers(f"{url}/api/v2/instance"), "mastodon-mock", child, log, 60)
            yield Mock(url)
