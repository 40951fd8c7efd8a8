"""Notices that the database changed, from whichever process: `PRAGMA data_version` on SQLite, LISTEN on PostgreSQL."""

import sqlite3
import threading
import time
from collections.abc import Callable

from django.db import connection, connections

TICK_S = 0.1


class Watcher:
    """Owns a connection of its own and says when another connection has committed."""

    def __init__(self) -> None:
        self._is_sqlite = connection.vendor == "sqlite"
        if self._is_sqlite:
            name = str(connection.settings_dict["NAME"])
            self._lite = sqlite3.connect(name, timeout=20, check_same_thread=False, uri=name.startswith("file:"))
            self._seen = self._read_version()
        else:
            self._wrapper = connections.create_connection("default")
            with self._wrapper.cursor() as cursor:
                cursor.execute("LISTEN parvis")

    def _read_version(self) -> int:
        version: int = self._lite.execute("PRAGMA data_version").fetchone()[0]
        return version

    def wait(self, timeout_s: float, is_stopped: Callable[[], bool] = lambda: False) -> bool:
        """Block until a change (True) or until the time is up or `is_stopped` (False)."""
        deadline = time.monotonic() + timeout_s
        while not is_stopped():
            if self._has_changed(max(0.0, min(TICK_S, deadline - time.monotonic()))):
                return True
            if time.monotonic() >= deadline:
                return False
        return False

    def _has_changed(self, tick_s: float) -> bool:
        if self._is_sqlite:
            version = self._read_version()
            if version != self._seen:
                self._seen = version
                return True
            time.sleep(tick_s)
            return False
        return any(True for _ in self._wrapper.connection.notifies(timeout=tick_s, stop_after=1))

    def close(self) -> None:
        if self._is_sqlite:
            self._lite.close()
        else:
            self._wrapper.close()


class Bell:
    """One watcher thread a process; any number of streams wait on it without a connection each."""

    def __init__(self) -> None:
        self._rings = 0
        self._condition = threading.Condition()
        self._thread: threading.Thread | None = None

    def wait(self, since: int, timeout_s: float) -> int:
        """Block until the bell has rung more than `since` times or the time is up; return the count."""
        with self._condition:
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, daemon=True, name="parvis-bell")
                self._thread.start()
            self._condition.wait_for(lambda: self._rings != since, timeout_s)
            return self._rings

    def _watch(self) -> None:
        watcher = Watcher()
        while True:
            if watcher.wait(15.0):
                with self._condition:
                    self._rings += 1
                    self._condition.notify_all()


bell = Bell()
