"""The worker process: beats, then sleeps until something changes or falls due. Stopped by SIGTERM between two steps."""

import logging
import os
import signal
import socket
import threading
from datetime import timedelta

import django
from django.db import OperationalError, connection
from django.utils import timezone

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "parvis.config.settings")
django.setup()

from parvis.flow.models import Beat  # noqa: E402  # models need the set-up above
from parvis.flow.notice import Watcher  # noqa: E402
from parvis.flow.steps import Memory, beat, next_due  # noqa: E402
from parvis.routing.encode import load_encoder  # noqa: E402

log = logging.getLogger("parvis.flow")
_MARK_EVERY = timedelta(seconds=10)


def mark(name: str) -> None:
    Beat.objects.update_or_create(worker=name, defaults={"at": timezone.now()})


def run(stop: threading.Event) -> None:
    """Beat until told to stop. A database that is busy or full is waited for, and said."""
    name = f"{socket.gethostname()}"[:80]
    memory = Memory(encoder=load_encoder())
    watcher = Watcher()
    marked_at = timezone.now() - _MARK_EVERY
    while not stop.is_set():
        try:
            now = timezone.now()
            if now - marked_at >= _MARK_EVERY:
                mark(name)
                marked_at = now
            if beat(memory, now=now):
                continue
            wait_s = min(next_due(now=timezone.now()), _MARK_EVERY.total_seconds())
        except OperationalError as error:
            log.error("the database cannot be written: %s; trying again in 2 s", error)
            connection.close()
            stop.wait(2)
            continue
        if wait_s > 0:
            watcher.wait(wait_s, stop.is_set)
    watcher.close()


def main() -> None:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    run(stop)


if __name__ == "__main__":
    main()
