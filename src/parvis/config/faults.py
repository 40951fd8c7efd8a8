"""What can be wrong with the machine or the data before a start, each said in words, with the mend; nothing is written."""

import errno
import fcntl
import os
import shutil
import socket
import sqlite3
from pathlib import Path
from typing import IO

MIN_FREE_MB = 100


class CannotStart(Exception):
    """Parvis does not start; the text says what is wrong, what was kept and what to do."""


def check_folder(data: Path) -> None:
    """The folder can be made and written, and the disk has room."""
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = data / ".probe"
        probe.write_bytes(b"x")
        probe.unlink()
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise CannotStart("The disk is full. Nothing was changed. Make room, then start again.") from error
        raise CannotStart(
            f"The folder {data} cannot be written ({error.strerror}). Choose another with --data, or mend its rights."
        ) from error
    free = shutil.disk_usage(data).free // 1_000_000
    if free < MIN_FREE_MB:
        raise CannotStart(f"Only {free} MB are free on the disk. Nothing was changed. Make room, then start again.")


def take_lock(data: Path) -> IO[str]:
    """Hold the data folder for this process; a second copy is refused. Keep the file open as long as it runs."""
    lock = (data / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise CannotStart(
            f"Parvis already runs on {data}. Stop it first, or choose another folder with --data."
        ) from error
    return lock


def check_port(port: int) -> None:
    """Nobody else listens there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", port))
        except OSError as error:
            raise CannotStart(f"Port {port} is taken. Choose another, for example --port {port + 1}.") from error


def check_database(path: Path) -> None:
    """The file is a sound SQLite database, or is not there yet."""
    if not path.exists():
        return
    if not os.access(path, os.W_OK):
        raise CannotStart(f"{path.name} cannot be written. Mend its rights, then start again.")
    connection = sqlite3.connect(f"file:{path}?mode=rw", uri=True, timeout=20)
    try:
        answer = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.DatabaseError as error:
        answer = str(error)
    finally:
        connection.close()
    if answer != "ok":
        raise CannotStart(
            f"The database {path} is damaged ({answer}). Nothing was changed. Bring back a copy: ./parvis restore FILE --data NEW_FOLDER"
        )


def check_age(applied: set[tuple[str, str]], known: set[tuple[str, str]], apps: set[str]) -> None:
    """The database was not written by a newer Parvis."""
    newer = sorted(f"{app}.{name}" for app, name in applied - known if app in apps)
    if newer:
        raise CannotStart(
            f"The database was made by a newer Parvis ({newer[0]}). Nothing was changed. Update the code, then start again."
        )
