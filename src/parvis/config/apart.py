"""Runs a bench in a process of its own, on a data folder that is made for it and thrown away.

The settings of whoever asks do not matter, and no firm's rows are touched.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

import django

from parvis.lib.vault import make_key_file

SOURCE = Path(__file__).resolve().parents[2]


class BenchFailed(Exception):
    """The bench ended without rows; what it said is the text."""


def run_apart(module: str, *, quick: bool) -> list[dict[str, Any]]:
    """The rows of a bench whose module works on the database."""
    with tempfile.TemporaryDirectory(prefix="parvis-bench-") as folder:
        make_key_file(Path(folder) / "vault-key")
        command = [sys.executable, "-m", "parvis.config.apart", module, *(["--quick"] if quick else [])]
        ended = subprocess.run(
            command, env=make_environment(Path(folder)), stdout=subprocess.PIPE, text=True, check=False
        )
    if ended.returncode != 0:
        raise BenchFailed(f"{module} ended with status {ended.returncode}")
    rows: list[dict[str, Any]] = json.loads(ended.stdout.splitlines()[-1])
    return rows


def make_environment(data: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PARVIS_", "DJANGO_"))}
    return {
        **kept,
        "PYTHONPATH": str(SOURCE),
        "PARVIS_DATA": str(data),
        "DJANGO_SETTINGS_MODULE": "parvis.config.settings",
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="parvis.config.apart")
    parser.add_argument("module")
    parser.add_argument("--quick", action="store_true")
    parsed = parser.parse_args()
    django.setup()
    from parvis.config.prepare import migrate

    migrate()
    print(json.dumps(import_module(parsed.module).rows(quick=parsed.quick)))


if __name__ == "__main__":
    main()
