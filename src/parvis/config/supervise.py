"""Runs web and worker as one tree: a child that dies is started again, within a limit; all end together."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

LIMIT = 5
WINDOW_S = 60.0
GRACE_S = 20.0
LATE_S = 30.0
_PR_SET_PDEATHSIG = 1


class GaveUp(Exception):
    """A child died too often; the text names it."""


@dataclass(slots=True)
class Child:
    """One process of the tree and the moments of its deaths."""

    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    deaths: list[float] = field(default_factory=list)


def _die_with_parent(parent: int) -> None:
    """On Linux, a child is told to end when the supervisor is killed outright."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)


def may_restart(deaths: Sequence[float], now: float) -> bool:
    """Whether a child that died at these moments may be started once more."""
    return len([at for at in deaths if at > now - WINDOW_S]) < LIMIT


class Supervisor:
    """Starts children, starts them again, and ends them on SIGTERM or Ctrl-C."""

    def __init__(self, children: Sequence[Child], env: Mapping[str, str]) -> None:
        self._children = children
        self._env = dict(env)
        self._is_stopping = False

    def start(self) -> None:
        for child in self._children:
            self._spawn(child)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask_to_stop)

    def _spawn(self, child: Child) -> None:
        child.process = subprocess.Popen(
            list(child.command),
            env=self._env,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=partial(_die_with_parent, os.getpid()),
        )

    def _ask_to_stop(self, *_: object) -> None:
        self._is_stopping = True

    def watch(self, is_ready: Callable[[], bool], announce: Callable[[], None]) -> None:
        """Stay until asked to stop, announcing once when ready; raises `GaveUp` when a child cannot be kept alive."""
        started = time.monotonic()
        is_announced = is_late = False
        try:
            while not self._is_stopping:
                for child in self._children:
                    self._look_after(child)
                if not is_announced and is_ready():
                    is_announced = True
                    announce()
                elif not is_announced and not is_late and time.monotonic() > started + LATE_S:
                    is_late = True
                    sys.stderr.write("parvis: it does not answer yet; still waiting. What it says stands above.\n")
                time.sleep(0.2 if is_announced else 0.05)
        finally:
            self._end()

    def _look_after(self, child: Child) -> None:
        assert child.process is not None
        code = child.process.poll()
        if code is None or self._is_stopping:
            return
        now = time.monotonic()
        if not may_restart(child.deaths, now):
            raise GaveUp(child.name)
        child.deaths.append(now)
        sys.stderr.write(f"parvis: {child.name} ended ({code}); started again\n")
        self._spawn(child)

    def _end(self) -> None:
        alive = [child.process for child in self._children if child.process and child.process.poll() is None]
        for process in alive:
            process.terminate()
        ends = time.monotonic() + GRACE_S
        for process in alive:
            try:
                process.wait(max(0.1, ends - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
