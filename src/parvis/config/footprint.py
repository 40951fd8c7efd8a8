"""Measures what one instance costs: memory, start, and the way from a clone to the first page."""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parents[3]
MAX_MEMORY_MB, MAX_START_S, MAX_FIRST_S, MAX_DISK_MB = 256, 1.5, 90, 250
SETTLE_S = 4
TURNS = 3


def find_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as reply:
            return bool(reply.status == 200)
    except OSError:
        return False


@contextmanager
def run_up(command: Sequence[str], data: Path, env: Mapping[str, str], wait_s: float) -> Iterator[tuple[int, float]]:
    """(process id, seconds from start to the first 200) of an instance that runs inside the block."""
    port = find_port()
    started = time.monotonic()
    process = subprocess.Popen(
        [*command, "up", "--data", str(data), "--port", str(port)], env=dict(env), stdout=subprocess.DEVNULL
    )
    try:
        while not answers(port):
            if process.poll() is not None or time.monotonic() > started + wait_s:
                raise TimeoutError(f"no answer; exit status {process.poll()}")
            time.sleep(0.02)
        yield process.pid, time.monotonic() - started
    finally:
        process.terminate()
        process.wait()


def measure_memory_mb(pid: int) -> tuple[float, str]:
    """Memory of a process and all below it: proportional, or resident (an upper bound) where the system has no such figure."""
    top = psutil.Process(pid)
    infos = [process.memory_full_info() for process in [top, *top.children(recursive=True)]]
    proportional = sum(float(getattr(info, "pss", 0)) for info in infos)
    resident = sum(float(info.rss) for info in infos)
    return (proportional / 1_000_000, "MB PSS") if proportional else (resident / 1_000_000, "MB RSS")


def measure_disk_mb(*folders: Path) -> float:
    """Blocks taken on disk, hard links counted once a folder."""
    files = (path for folder in folders for path in [folder, *folder.rglob("*")])
    return sum(path.lstat().st_blocks * 512 for path in files) / 1_000_000


def make_row(measure: str, value: float, unit: str, bound: float, beside: str = "") -> dict[str, Any]:
    rounded = round(value, 2)
    return {
        "measure": measure, "value": rounded, "unit": unit, "bound": bound, "holds": rounded <= bound, "beside": beside,
    }  # fmt: skip


def rows(*, quick: bool) -> list[dict[str, Any]]:
    """Memory and warm start; unless quick, a clone into an empty folder too."""
    with tempfile.TemporaryDirectory(prefix="parvis-footprint-") as folder:
        found = _measure_running(Path(folder) / "data")
        return found if quick else [*found, *_measure_clone(Path(folder))]


def _measure_running(data: Path) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "parvis.config.cli"]
    with run_up(command, data, os.environ, 60) as (pid, first):
        time.sleep(SETTLE_S)  # the encoder is loaded after the first page is there
        memory, unit = measure_memory_mb(pid)
    starts = []
    for _ in range(TURNS):
        with run_up(command, data, os.environ, 60) as (_pid, seconds):
            starts.append(seconds)
    return [
        make_row("web, worker and their supervisor, encoder loaded", memory, unit, MAX_MEMORY_MB),
        make_row("start to first 200, warm", min(starts), "s", MAX_START_S, f"on an empty folder: {first:.2f} s"),
    ]


def _measure_clone(folder: Path) -> list[dict[str, Any]]:
    clone = folder / "clone"
    env = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PARVIS_VENV")}
    started = time.monotonic()
    subprocess.run(["git", "clone", "-q", "--no-hardlinks", str(ROOT), str(clone)], check=True)
    cloned = time.monotonic() - started
    with run_up([str(clone / "parvis")], folder / "fresh", env, 300) as (_pid, seconds):
        disk = measure_disk_mb(clone)
    return [
        make_row("clone to first page", cloned + seconds, "s", MAX_FIRST_S, f"of which the clone: {cloned:.2f} s"),
        make_row("clone and environment on disk", disk, "MB", MAX_DISK_MB),
    ]
