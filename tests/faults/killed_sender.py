"""Sends answers while the sender is killed outright at each step of a send, and counts what the network then shows.

A program of its own, so that it may fork: `python -m tests.faults.killed_sender KILLS HOST NAME FORM_JSON`.
Prints one JSON line: answers, kills by step, and how often the network shows each text.
"""

# ruff: noqa: E402  # Django is set up before the product is imported

import json
import os
import secrets
import signal
import sys
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django

django.setup()

from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from parvis.channels.connect import link
from parvis.firm.people import NewPerson, open_firm, publish_notice
from parvis.flow import steps
from parvis.flow.claim import claim_due
from parvis.lib import http
from parvis.outbox import send
from parvis.outbox.enqueue import Words, enqueue
from parvis.outbox.models import Delivery
from parvis.wire.registry import get_network

PER_ANSWER = 4


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def dying(act: Callable[..., Any], *, after: bool) -> Callable[..., Any]:
    """The same act, and death just before or just after it."""

    def deadly(*args: Any, **more: Any) -> Any:
        if not after:
            die()
        done = act(*args, **more)
        die()
        return done

    return deadly


def arm(step: str) -> None:
    """Prepare this process to die at one step of a send."""
    if step == "before the claim":
        steps.claim_due = dying(claim_due, after=False)
    elif step == "after the claim":
        steps.claim_due = dying(claim_due, after=True)
    elif step == "before the request":
        http.request = dying(http.request, after=False)
    elif step == "after the request":
        real = http.request

        def once_written(method: str, url: str, **more: Any) -> Any:
            reply = real(method, url, **more)
            if "putRecord" in url or url.endswith("/statuses") and method == "POST":
                die()
            return reply

        http.request = once_written
    elif step == "before the record":
        send.record = dying(send.record, after=False)
    elif step == "after the record":
        send.record = dying(send.record, after=True)


STEPS = (
    "before the claim",
    "after the claim",
    "before the request",
    "after the request",
    "before the record",
    "after the record",
)


def run_once(step: str, now: Any) -> bool:
    """Run one sending step in a child armed to die; whether it was killed."""
    connection.close()
    child = os.fork()
    if child == 0:
        http.allow(["127.0.0.0/8", "::1/128"], any_port=True)
        arm(step)
        steps.send_due(now=now)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def main() -> None:
    kills, name, form = int(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3])
    connection.settings_dict["NAME"] = os.environ["PARVIS_TEST_DB"]
    call_command("migrate", verbosity=0)
    now = timezone.now()
    owner = open_firm("Faults", owner=NewPerson("a@faults.test", "", "Ada"), now=now)
    publish_notice(owner.firm, owner, "Notice", now=now)
    channel = link(owner.firm, owner, name, get_network(name).connect(form), now=now)
    killed: Counter[str] = Counter()
    texts, mark = [], secrets.token_hex(4)  # the servers outlive one run
    clock = now + timedelta(seconds=11)
    for number in range(kills // PER_ANSWER):
        texts.append(f"Réponse numéro {number}, une seule fois. {mark}")
        enqueue(channel, owner, Words(text=texts[-1]), now=now + timedelta(milliseconds=number))
        for turn in range(PER_ANSWER):
            step = STEPS[(number + turn) % len(STEPS)]
            killed[step] += run_once(step, clock)
            clock += timedelta(seconds=send.LEASE_S + 1)
        while Delivery.objects.filter(state__in=["held", "sending"]).exists():
            run_once("never", clock)
            clock += timedelta(seconds=send.LEASE_S + 4000)
    states = Counter(Delivery.objects.values_list("state", flat=True))
    print(json.dumps({"texts": texts, "killed": killed, "states": states}))


if __name__ == "__main__":
    main()
