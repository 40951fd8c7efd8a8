"""A copy of the database made while it runs, and its return: a restored copy sends nothing twice."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from parvis.config.faults import CannotStart, check_database

DATABASE = "parvis.sqlite3"
KEYS = ("vault-key", "secret-key")
DOUBT = (
    "UPDATE outbox_delivery SET state = 'uncertain', lease_until = NULL, trouble_kind = 'Uncertain',"
    " trouble = 'brought back from a copy' WHERE state IN ('held', 'ready', 'sending')"
)


def back_up(data: Path, target: Path, *, with_key: bool) -> Path:
    """Copy the live database into a folder that is made whole or not at all. The keys stay out unless asked for."""
    if os.environ.get("PARVIS_DATABASE_URL"):
        raise CannotStart("The rows are on PostgreSQL: copy them with pg_dump, and keep the key file apart.")
    if not (data / DATABASE).exists():
        raise CannotStart(f"There is no database in {data}.")
    if target.exists():
        raise CannotStart(f"{target} exists already; name a folder to be made.")
    part = target.with_name(f"{target.name}.part")
    try:
        part.mkdir(parents=True, mode=0o700)
        _copy_database(data / DATABASE, part / DATABASE)
        if with_key:
            _copy_keys(data, part)
        part.rename(target)
    except (OSError, sqlite3.Error) as error:
        shutil.rmtree(part, ignore_errors=True)
        raise CannotStart(f"The copy could not be made ({error}). Nothing was kept of it.") from error
    return target / DATABASE


def restore(backup: Path, data: Path) -> int:
    """Put a copy into an empty folder; what had not surely left is left to a person. Returns how many such texts."""
    source = backup / DATABASE if backup.is_dir() else backup
    if not source.exists():
        raise CannotStart(f"{source} does not exist.")
    check_database(source)
    if data.exists() and any(data.iterdir()):
        raise CannotStart(f"{data} is not empty, and nothing there was changed. Name an empty folder with --data.")
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = data / f"{DATABASE}.part"
    try:
        _copy_database(source, part)
        changed = _doubt_unsent(part)
        if backup.is_dir():
            _copy_keys(backup, data)
        part.rename(data / DATABASE)
    except (OSError, sqlite3.Error) as error:
        for name in (part.name, *KEYS):
            (data / name).unlink(missing_ok=True)
        raise CannotStart(f"The copy could not be brought back ({error}). {data} is empty as before.") from error
    return changed


def _copy_database(source: Path, target: Path) -> None:
    """SQLite's own copy of a live file: whole, with what stands in its journal."""
    with closing(sqlite3.connect(source, timeout=20)) as live, closing(sqlite3.connect(target)) as copy:
        live.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
    target.chmod(0o600)


def _copy_keys(source: Path, target: Path) -> None:
    for name in KEYS:
        if (source / name).exists():
            shutil.copy2(source / name, target / name)


def _doubt_unsent(database: Path) -> int:
    with closing(sqlite3.connect(database)) as copy, copy:
        if not copy.execute("SELECT 1 FROM sqlite_master WHERE name = 'outbox_delivery'").fetchone():
            return 0
        return copy.execute(DOUBT).rowcount
