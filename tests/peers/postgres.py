"""A throw-away PostgreSQL on loopback, run as the user postgres since the server refuses root."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from tests.peers.processes import PG_BIN, folder, listens, need, run, wait_for
from tests.peers.sharing import Facts, share

PORT = 18253
FRESH = ("-U", "pg", "-A", "trust", "--no-sync", "-E", "UTF8")
SETTINGS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200")


@contextmanager
def start() -> Iterator[str]:
    """The address of the tests' own server: the one that runs already, else a new, empty one."""
    with share("postgres", lambda: listens("127.0.0.1", PORT), _boot) as facts:
        yield facts["url"]


@contextmanager
def _boot() -> Iterator[Facts]:
    with serve(PORT) as url:
        yield {"url": url}


@contextmanager
def serve(port: int) -> Iterator[str]:
    """The address of a new, empty server."""
    need("initdb", "postgresql")
    as_postgres = _as_postgres()
    with folder("postgres") as place:
        if as_postgres:
            subprocess.run(["chown", "postgres", str(place)], check=True)
        data, log = place / "data", place / "server.log"
        subprocess.run(
            [*as_postgres, str(PG_BIN / "initdb"), "-D", str(data), *FRESH], check=True, capture_output=True, cwd="/"
        )
        settings = (*SETTINGS, "listen_addresses=127.0.0.1", f"unix_socket_directories={place}")
        options = [part for setting in settings for part in ("-c", setting)]
        command = [*as_postgres, str(PG_BIN / "postgres"), "-D", str(data), "-p", str(port), *options]
        with run(command, log) as child:
            wait_for(lambda: listens("127.0.0.1", port), "PostgreSQL", child, log, 30)
            yield f"postgres://pg@127.0.0.1:{port}/postgres"


def _as_postgres() -> list[str]:
    if os.geteuid() != 0:
        return []
    return [
        "setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups",
        "env", "-i", f"PATH={PG_BIN}:/usr/bin:/bin", "LC_ALL=C.UTF-8",
    ]  # fmt: skip
