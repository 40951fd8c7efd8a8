"""`./parvis test`: lint, types, floors, then the tests; with --real also on PostgreSQL, skipping nothing."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path


def run_tests(root: Path, *, real: bool, more: Sequence[str]) -> int:
    """The first check that fails gives the exit status."""
    env = {**os.environ, "PYTHONPATH": f"{root / 'src'}{os.pathsep}{root}"}
    env.pop("DJANGO_SETTINGS_MODULE", None)
    if real:
        env["PARVIS_TEST_REAL"] = "1"
    python = sys.executable
    checks: list[list[str]] = []
    if not more:
        checks = [
            [python, "-m", "ruff", "check", "."],
            [python, "-m", "mypy"],
            [str(Path(python).parent / "lint-imports"), "--no-cache"],
        ]
    suite = [python, "-m", "pytest", *(["-m", "not real"] if not real and not more else []), *more]
    for command in [*checks, suite]:
        code = subprocess.run(command, cwd=root, env=env, check=False).returncode
        if code:
            return code
    if real:
        return _run_on_postgres(root, env, suite)
    print("Skipped here: the real servers and the browser (./parvis test --real runs them).", flush=True)
    return 0


def _run_on_postgres(root: Path, env: dict[str, str], suite: Sequence[str]) -> int:
    command = [sys.executable, "-m", "tests.peers", "postgres", "--", *suite]
    return subprocess.run(command, cwd=root, env=env, check=False).returncode
