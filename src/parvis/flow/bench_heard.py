"""Measures, against a real PDS with its AppView, how soon a post is a line in the box and an answer is on the network.

The server is one that runs on this machine; `HEARD_PDS` names another address.
"""

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from parvis.channels.connect import link
from parvis.conversations.models import Conversation, Message
from parvis.firm.models import Member
from parvis.firm.people import NewPerson, open_firm, publish_notice
from parvis.lib import http
from parvis.lib.trial import at_most, find_percentile
from parvis.outbox.models import Delivery
from parvis.replies.answer import answer
from parvis.wire.registry import get_network

PDS = os.environ.get("HEARD_PDS", "http://localhost:18203")
POLL_S, UNDO_S = 2.0, 1.0
TURNS, TURNS_QUICK = 20, 4
PATIENCE_S = 30.0


class NoServer(Exception):
    """No PDS answers there, or it stopped answering."""


def call(method: str, name: str, body: dict[str, Any] | None = None, *, token: str = "") -> dict[str, Any]:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    try:
        reply = http.request(method, f"{PDS}/xrpc/{name}", json=body, headers=headers)
    except http.HttpError as error:
        raise NoServer(f"{error}: start one with `python -m tests.peers bluesky`") from error
    if reply.status != 200:
        raise NoServer(f"{name} answers {reply.status}")
    answered: dict[str, Any] = reply.json()
    return answered


def make_account(stem: str) -> dict[str, Any]:
    handle = f"{stem}{secrets.token_hex(3)}.test"
    account = {"handle": handle, "email": f"{handle}@example.test", "password": secrets.token_hex(8)}
    return {**account, **call("POST", "com.atproto.server.createAccount", account)}


def post(account: dict[str, Any], named: dict[str, Any], text: str) -> None:
    words = f"@{named['handle']} {text}"
    facet = {
        "index": {"byteStart": 0, "byteEnd": len(named["handle"]) + 1},
        "features": [{"$type": "app.bsky.richtext.facet#mention", "did": named["did"]}],
    }
    created = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    record = {"$type": "app.bsky.feed.post", "text": words, "createdAt": created, "facets": [facet]}
    body = {"repo": account["did"], "collection": "app.bsky.feed.post", "record": record}
    call("POST", "com.atproto.repo.createRecord", body, token=account["accessJwt"])


def wait_for(ready: Callable[[], Any], what: str) -> float:
    """Seconds until it is true."""
    started = time.monotonic()
    while not ready():
        if time.monotonic() - started > PATIENCE_S:
            raise NoServer(f"{what} did not come within {PATIENCE_S} s")
        time.sleep(0.02)
    return time.monotonic() - started


@contextmanager
def run_worker() -> Any:
    env = {
        **os.environ,
        "PARVIS_POLL_S": str(POLL_S),
        "PARVIS_UNDO_S": str(UNDO_S),
        "PARVIS_ALLOW_LOOPBACK": "1",
    }
    worker = subprocess.Popen([sys.executable, "-m", "parvis.flow.worker"], env=env)
    try:
        yield
    finally:
        worker.terminate()
        worker.wait()


def open_shop(shop: dict[str, Any]) -> Member:
    now = timezone.now()
    owner = open_firm("Banc", owner=NewPerson("banc@example.test", "", "Ada", "atelier"), now=now)
    publish_notice(owner.firm, owner, "Notice", now=now)
    form = {"host": PDS, "handle": shop["handle"], "app_password": shop["password"]}
    link(owner.firm, owner, "bluesky", get_network("bluesky").connect(form), now=now)
    return owner


def is_shown(shop: dict[str, Any], delivery: Delivery) -> bool:
    listed = call("GET", f"com.atproto.repo.listRecords?repo={shop['did']}&collection=app.bsky.feed.post&limit=5")
    return any(record["value"]["text"] == delivery.text for record in listed["records"])


def rows(*, quick: bool) -> list[dict[str, Any]]:
    """Two rows: heard, and answered."""
    http.allow(["127.0.0.0/8", "::1/128"], any_port=True)
    settings.UNDO_S = UNDO_S
    shop, customer = make_account("banc"), make_account("cliente")
    owner = open_shop(shop)
    heard, answered = [], []
    with run_worker():
        wait_for(lambda: owner.firm.channels.exclude(last_ok_at=None).exists(), "the first reading")
        for turn in range(TURNS_QUICK if quick else TURNS):
            post(customer, shop, f"question {turn} ?")
            known = turn + 1
            heard.append(wait_for(lambda known=known: Message.objects.filter(way="in").count() >= known, "the line"))  # type: ignore[misc]
            row = Conversation.objects.get(firm=owner.firm)
            delivery = answer(row, owner, f"réponse {turn}", now=timezone.now())
            shown = wait_for(lambda one=delivery: is_shown(shop, one), "the answer")  # type: ignore[misc]
            answered.append(max(0.0, shown - UNDO_S))
    return [
        at_most(
            "post on the PDS to line in the box, p95", find_percentile(heard, 95), "s", POLL_S + 1.0, f"poll {POLL_S} s"
        ),
        at_most(
            "answer pressed to seen on the PDS, after the undo delay, p95", find_percentile(answered, 95), "s", 1.0
        ),
    ]
