"""A throw-away PostgreSQL on loopback, run as the user postgres since the server refuses root."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from tests.peers.processes import PG_BIN, folder, listens, need, run, wait_for

SETTINGS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200")


@contextmanager
def start(port: int) -> Iterator[str]:
    """Yield the address of a new, empty server."""
    need("initdb", "postgresql")
    as_postgres = (
        ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "env", "-i", f"PATH={PG_BIN}:/usr/bin:/bin", "LC_ALL=C.UTF-8"]
        if os.geteuid() == 0
        else []
    )
    with folder("postgres") as place:
        if as_postgres:
            subprocess.run(["chown", "postgres", str(place)], check=True)
        data = place / "data"
        subprocess.run(
            [*as_postgres, str(PG_BIN / "initdb"), "-D", str(data), "-U", "pg", "-A", "trust", "--no-sync", "-E", "UTF8"],
            check=True, capture_output=True, cwd="/",
        )
        options = [part for setting in SETTINGS for part in ("-c", setting)]
        command = [
            *as_postgres, str(PG_BIN / "postgres"), "-D", str(data), "-p", str(port),
            "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={place}", *options,
        ]
        log = place.with_suffix(".log")
        with run(command, log, cwd=None) as child:
            wait_for(lambda: listens("127.0.0.1", port), "PostgreSQL", log, child, 30)
            yield f"postgres://pg@127.0.0.1:{port}/postgres"
