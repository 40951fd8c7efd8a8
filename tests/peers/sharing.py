"""One instance of a peer at a time: who needs it uses the one that answers, else starts one and leaves a note."""

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

CACHE = Path(os.environ.get("PARVIS_PEERS_CACHE", Path.home() / ".cache" / "parvis-peers"))
NOTES = CACHE / "running"
Facts = dict[str, Any]


@contextmanager
def share(name: str, is_up: Callable[[], bool], boot: Callable[[], AbstractContextManager[Facts]]) -> Iterator[Facts]:
    """The facts of the peer that runs already, else of a new one that ends with this block."""
    with ExitStack() as stack:
        with _hold(name):
            facts = _read_note(name) if is_up() else stack.enter_context(_boot_noted(name, boot))
        yield facts


@contextmanager
def _boot_noted(name: str, boot: Callable[[], AbstractContextManager[Facts]]) -> Iterator[Facts]:
    with boot() as facts, _leave_note(name, facts):
        yield facts


@contextmanager
def _hold(name: str) -> Iterator[None]:
    """Two test runs must not start the same peer at once."""
    NOTES.mkdir(parents=True, exist_ok=True)
    with (NOTES / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _read_note(name: str) -> Facts:
    path = NOTES / f"{name}.json"
    if not path.exists():
        raise RuntimeError(f"a program that left no note answers where {name} would run: stop it")
    facts: Facts = json.loads(path.read_text())
    return facts


@contextmanager
def _leave_note(name: str, facts: Facts) -> Iterator[None]:
    path = NOTES / f"{name}.json"
    path.write_text(json.dumps(facts))
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
