"""`./parvis bench NAME`: the measures of each room, each row against its bound."""

import os
import platform
import sqlite3
from collections.abc import Callable
from importlib import import_module
from typing import Any

from parvis.config.apart import run_apart

BENCHES = {
    "footprint": "parvis.config.footprint",
    "heard": "parvis.flow.bench_heard",
    "inbox": "parvis.conversations.bench_inbox",
    "intake": "parvis.flow.bench_intake",
    "live": "parvis.flow.bench_live",
    "routing": "parvis.routing.bench",
    "search": "parvis.conversations.bench_search",
}
ON_A_DATABASE = {"heard", "inbox", "intake", "live", "search"}
Row = dict[str, Any]


def run_bench(name: str, *, quick: bool) -> dict[str, Any]:
    """The machine and the rows of one bench: measure, value, unit, bound, holds, beside."""
    found = run_apart(BENCHES[name], quick=quick) if name in ON_A_DATABASE else _run_here(BENCHES[name], quick=quick)
    return {"bench": name, "machine": describe_machine(), "rows": found}


def _run_here(module: str, *, quick: bool) -> list[Row]:
    rows: Callable[..., list[Row]] = import_module(module).rows
    return rows(quick=quick)


def describe_machine() -> dict[str, Any]:
    address = os.environ.get("PARVIS_DATABASE_URL", "")
    database = "postgresql" if address else f"sqlite {sqlite3.sqlite_version}"
    return {"cores": os.cpu_count(), "python": platform.python_version(), "database": database}


def say_row(row: Row) -> str:
    mark = "ok " if row["holds"] else "NO "
    return f"{mark} {row['measure']}: {row['value']} {row['unit']} (bound {row['bound']}) {row['beside']}".rstrip()
