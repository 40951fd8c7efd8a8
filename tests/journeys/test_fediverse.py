"""The main job on two real Fediverse servers: a public question answered where it is read, a private one kept private."""

import secrets
import urllib.request
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from parvis.channels.connect import link
from parvis.channels.models import Channel
from parvis.conversations.models import Conversation
from parvis.firm.models import Member
from parvis.flow.steps import Memory, beat
from parvis.intake.models import Fetch, Mention
from parvis.outbox.models import Delivery
from parvis.replies.answer import answer
from parvis.wire.registry import get_network
from tests.peers.accounts import Account, approve, until
from tests.peers.snac import HOSTS, Pair

pytestmark = [pytest.mark.real, pytest.mark.django_db]

OURS, THEIRS = HOSTS
BACK = "http://127.0.0.1:8000/reseaux/mastodon/retour/"


def plug(owner: Member, pair: Pair) -> Channel:
    """Link the firm's account as its owner does: a yes on the server's own page, then back with a code."""
    network = get_network("mastodon")
    consent = network.consent({"host": f"http://{OURS}"}, return_to=BACK)
    assert consent is not None
    asked = {name: values[0] for name, values in parse_qs(urlsplit(consent.url).query).items()}
    password = pair.passwords[OURS]["parvis"]
    code = approve(OURS, "parvis", password, asked["client_id"], asked["redirect_uri"], asked["state"])
    connected = network.connect({**consent.keep, "code": code, "returned_state": asked["state"]})
    return link(owner.firm, owner, "mastodon", connected, now=timezone.now())


def skip_the_past(channel: Channel) -> None:
    """Start to listen from now on: the servers outlive one test."""
    cursor = get_network("mastodon").fetch(channel.access(), "").cursor
    Fetch.objects.create(channel=channel, due_at=timezone.now(), cursor=cursor)


def hear(memory: Memory, mark: str) -> Conversation:
    def heard() -> bool:
        Fetch.objects.update(due_at=timezone.now(), lease_until=None)
        beat(memory, now=timezone.now())
        return Mention.objects.filter(text__contains=mark).exclude(step=Mention.Step.NEW).exists()

    assert until(heard), "it was not heard"
    return Conversation.objects.get(messages__mention__text__contains=mark)


def answer_and_send(conversation: Conversation, text: str, memory: Memory) -> Delivery:
    """Karim answers; the undo delay passes, then an hour, and still one text leaves."""
    karim = conversation.firm.members.get(first_name="Karim")
    delivery = answer(conversation, karim, text, now=timezone.now())
    later = timezone.now() + timedelta(seconds=11)
    beat(memory, now=later)
    beat(memory, now=later + timedelta(hours=1))
    delivery.refresh_from_db()
    return delivery


def read_there(client: Account, mark: str) -> list[dict[str, Any]]:
    told = [seen["status"] for seen in client.list_notifications("mention")]
    return [status for status in told if mark in status["content"]]


def read_public_feed() -> str:
    """What anybody reads of the firm's account on its server."""
    with urllib.request.urlopen(f"http://{OURS}/parvis.rss", timeout=20) as reply:
        return reply.read().decode()


def test_a_public_mention_is_heard_answered_once_and_read_over_there(owner: Member, snac_pair: Pair) -> None:
    client, mark, memory = snac_pair.sign_in(THEIRS, "client"), secrets.token_hex(4), Memory()
    skip_the_past(plug(owner, snac_pair))
    asked = client.post(f"@parvis@{OURS} mon dérailleur saute, est-ce grave ? {mark}", visibility="public")
    conversation = hear(memory, mark)
    best = conversation.assignments.select_related("member").order_by("place").first()
    assert best is not None
    assert (best.member.first_name, best.reason_kind, best.reason) == ("Karim", "topic", "dérailleur")

    delivery = answer_and_send(conversation, f"Non, un quart de tour de molette. {mark}", memory)
    assert delivery.state == Delivery.State.SENT
    read = until(lambda: read_there(client, mark))
    assert [(status["visibility"], status["in_reply_to_id"]) for status in read] == [("public", asked["id"])]
    assert "— Karim, atelier" in read[0]["content"]
    assert mark in read_public_feed()
    conversation.refresh_from_db()
    assert (conversation.state, conversation.audience) == ("waiting", "public")

    client.post(f"@parvis@{OURS} Merci ! {mark} bis", in_reply_to_id=read[0]["id"], visibility="public")
    assert hear(memory, f"{mark} bis") == conversation
    conversation.refresh_from_db()
    assert (conversation.state, conversation.kind) == ("open", "thanks")


def test_a_private_message_is_answered_and_stays_private(owner: Member, snac_pair: Pair) -> None:
    client, mark, memory = snac_pair.sign_in(THEIRS, "client"), secrets.token_hex(4), Memory()
    skip_the_past(plug(owner, snac_pair))
    client.post(f"@parvis@{OURS} Où en est mon devis de freins ? {mark}", visibility="direct")
    conversation = hear(memory, mark)
    assert conversation.audience == "private"

    delivery = answer_and_send(conversation, f"Prêt demain, entre nous. {mark}", memory)
    assert (delivery.state, delivery.audience) == (Delivery.State.SENT, "private")
    read = until(lambda: read_there(client, mark))
    assert [status["visibility"] for status in read] == ["private"]
    assert read_there(snac_pair.sign_in(THEIRS, "voisin"), mark) == []
    assert mark not in read_public_feed()
