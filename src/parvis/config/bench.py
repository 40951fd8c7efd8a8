"""`./parvis bench NAME`: the measures of each room, each row against its bound."""

import os
import platform
import sqlite3
from collections.abc import Callable
from importlib import import_module
from typing import Any

BENCHES = {"footprint": "parvis.config.footprint", "routing": "parvis.routing.bench"}
Row = dict[str, Any]


def run_bench(name: str, *, quick: bool) -> dict[str, Any]:
    """The machine and the rows of one bench: measure, value, unit, bound, holds, beside."""
    rows: Callable[..., list[Row]] = import_module(BENCHES[name]).rows
    return {"bench": name, "machine": describe_machine(), "rows": rows(quick=quick)}


def describe_machine() -> dict[str, Any]:
    address = os.environ.get("PARVIS_DATABASE_URL", "")
    database = "postgresql" if address else f"sqlite {sqlite3.sqlite_version}"
    return {"cores": os.cpu_count(), "python": platform.python_version(), "database": database}


def say_row(row: Row) -> str:
    mark = "ok " if row["holds"] else "NO "
    return f"{mark} {row['measure']}: {row['value']} {row['unit']} (bound {row['bound']}) {row['beside']}".rstrip()
