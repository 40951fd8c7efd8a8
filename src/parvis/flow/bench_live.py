"""Measures how long a change made in one process takes to reach a browser that another process serves."""

import http.client
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from typing import Any

from django.conf import settings
from django.test import Client
from django.utils import timezone

from parvis.conversations import acts
from parvis.conversations.crowd import fill_box, open_crowded_firm
from parvis.conversations.models import Conversation
from parvis.firm.models import Member
from parvis.lib.trial import at_most, find_percentile

TURNS, TURNS_QUICK = 60, 12
PATIENCE_S = 20.0
BOUND_MS = 300.0
Seen = tuple[float, set[int]]


class NotServed(Exception):
    """The web process did not answer, or a change never came through."""


def find_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serve(port: int) -> Iterator[None]:
    """The web process as the product starts it, on this database."""
    options = ["--worker-class", "gthread", "--workers", "1", "--threads", "8", "--bind", f"127.0.0.1:{port}"]
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "parvis.config.wsgi:application", *options, "--log-level", "error"],
        stdout=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def open_stream(port: int, cookie: str) -> http.client.HTTPResponse:
    """The live line of a signed-in member, once the web process answers."""
    ends = time.monotonic() + PATIENCE_S
    while time.monotonic() < ends:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        try:
            line.request("GET", "/en-direct/", headers={"Cookie": f"{settings.SESSION_COOKIE_NAME}={cookie}"})
            reply = line.getresponse()
        except ConnectionError:
            time.sleep(0.05)
            continue
        if reply.status == 200:
            return reply
        raise NotServed(f"status {reply.status}")
    raise NotServed("no answer")


def read_lines(reply: http.client.HTTPResponse, seen: "SimpleQueue[Seen]") -> None:
    """Note when each event's conversations came."""
    while line := reply.readline():
        if line.startswith(b"data: "):
            seen.put((time.perf_counter(), {int(part) for part in line[6:].split(b",")}))


def time_change(conversation: Conversation, holder: Member | None, seen: "SimpleQueue[Seen]") -> float:
    """Milliseconds from the act to the line of the stream that names it."""
    started = time.perf_counter()
    acts.hold(conversation, holder, now=timezone.now())
    ends = started + PATIENCE_S
    while (left := ends - time.perf_counter()) > 0:
        try:
            at, changed = seen.get(timeout=left)
        except Empty:
            break
        if conversation.pk in changed:
            return 1000 * (at - started)
    raise NotServed(f"conversation {conversation.pk} never changed on the screen")


def rows(*, quick: bool) -> list[dict[str, Any]]:
    """The rows of bench `live`."""
    member = open_crowded_firm("crowd")
    turns = TURNS_QUICK if quick else TURNS
    fill_box(member, turns)
    client = Client(SERVER_NAME="localhost")
    client.force_login(member.user)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    port = find_port()
    seen: SimpleQueue[Seen] = SimpleQueue()
    with serve(port):
        reply = open_stream(port, cookie)
        threading.Thread(target=read_lines, args=(reply, seen), daemon=True).start()
        timings = []
        for turn, conversation in enumerate(Conversation.objects.filter(firm=member.firm).order_by("id")[:turns]):
            time.sleep(0.037 * (turn % 7))  # at every moment of the watcher's round
            timings.append(time_change(conversation, member, seen))
    beside = f"{len(timings)} changes, median {find_percentile(timings, 50):.0f}, worst {max(timings):.0f} ms"
    return [at_most("change in one process to the line of another's stream, p95", find_percentile(timings, 95), "ms", BOUND_MS, beside)]  # fmt: skip
