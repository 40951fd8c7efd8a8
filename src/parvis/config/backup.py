"""A copy of the database made while it runs, and its return: a restored copy sends nothing twice."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from parvis.config.faults import CannotStart, check_database

DATABASE = "parvis.sqlite3"


def back_up(data: Path, target: Path, *, with_key: bool) -> Path:
    """Copy the live database into a folder that is made. The keys stay out unless asked for."""
    source = data / DATABASE
    if not source.exists():
        raise CannotStart(f"There is no database in {data}.")
    try:
        target.mkdir(parents=True)
    except FileExistsError as error:
        raise CannotStart(f"{target} exists already; name a folder to be made.") from error
    with closing(sqlite3.connect(source, timeout=20)) as live, closing(sqlite3.connect(target / DATABASE)) as copy:
        live.backup(copy)
    if with_key:
        for name in ("vault-key", "secret-key"):
            if (data / name).exists():
                shutil.copy2(data / name, target / name)
    return target / DATABASE


def restore(backup: Path, data: Path) -> int:
    """Put a copy into an empty folder; what had not surely left is left to a person. Returns how many such texts."""
    source = backup / DATABASE if backup.is_dir() else backup
    if not source.exists():
        raise CannotStart(f"{source} does not exist.")
    check_database(source)
    if (data / DATABASE).exists():
        raise CannotStart(f"{data} already holds a database. Choose an empty folder with --data.")
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in ("vault-key", "secret-key"):
        if backup.is_dir() and (backup / name).exists():
            shutil.copy2(backup / name, data / name)
    part = data / f"{DATABASE}.part"
    shutil.copy2(source, part)
    with closing(sqlite3.connect(part)) as copy, copy:
        changed = copy.execute(
            "UPDATE outbox_delivery SET state = 'uncertain', lease_until = NULL, trouble_kind = 'Uncertain',"
            " trouble = 'brought back from a copy' WHERE state IN ('held', 'sending')"
        ).rowcount
    part.rename(data / DATABASE)
    return changed
