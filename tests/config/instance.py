"""One Parvis as a person runs it: real processes on a folder and a port of its own."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
WAIT_S = 90


def find_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PARVIS_", "DJANGO_"))}
    return {**kept, "PYTHONPATH": str(ROOT / "src")}


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "parvis.config.cli", *map(str, arguments)]


def call(*arguments: object) -> subprocess.CompletedProcess[str]:
    """One act of the script, run to its end."""
    return subprocess.run(
        command(*arguments), env=environment(), capture_output=True, text=True, timeout=WAIT_S, check=False
    )


def until(holds: Callable[[], bool], words: str) -> None:
    ends = time.monotonic() + WAIT_S
    pause = threading.Event()
    while not holds():
        assert time.monotonic() < ends, words
        pause.wait(0.05)


@dataclass
class Instance:
    process: subprocess.Popen[str]
    data: Path
    port: int
    log: Path

    def get(self, path: str) -> tuple[int, bytes]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as reply:
                return reply.status, reply.read()
        except urllib.error.HTTPError as error:
            return error.code, b""
        except OSError:
            return 0, b""

    def is_up(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        return self.get("/healthz")[0] == 200

    def health(self) -> dict[str, object]:
        return json.loads(self.get("/healthz")[1])

    def says(self, words: str) -> bool:
        return words in self.log.read_text()

    def find_child(self, words: str) -> psutil.Process | None:
        """The one whose command holds these words; None while it is being started."""
        children = psutil.Process(self.process.pid).children()
        return next((child for child in children if words in " ".join(child.cmdline())), None)

    def kill_child(self, words: str) -> int:
        child = self.find_child(words)
        assert child is not None
        child.kill()
        return child.pid

    def tree(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(WAIT_S)


@contextmanager
def running(data: Path, log: Path) -> Iterator[Instance]:
    """An instance that answers and has announced itself."""
    port = find_port()
    with log.open("w") as out:
        process = subprocess.Popen(
            command("up", "--data", data, "--port", port), env=environment(), stdout=out, stderr=out, text=True
        )
    instance = Instance(process, data, port, log)
    try:
        until(lambda: instance.is_up() and instance.says("Parvis :"), "it never answered")
        yield instance
    finally:
        if process.poll() is None:
            instance.stop()
