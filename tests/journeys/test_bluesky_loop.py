"""The main job on the real Bluesky: asked in public, heard, put to the right colleague, answered once, remembered."""

from datetime import timedelta

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
from parvis.routing.encode import load_encoder
from parvis.wire.registry import get_network
from tests.peers.accounts import Person, until
from tests.peers.bluesky import Network

pytestmark = [pytest.mark.real, pytest.mark.django_db]


def plug(owner: Member, account: Person, host: str) -> Channel:
    form = {"host": host, "handle": account.handle, "app_password": account.app_password()}
    connected = get_network("bluesky").connect(form)
    return link(owner.firm, owner, "bluesky", connected, now=timezone.now())


def beat_until_heard(memory: Memory, count: int) -> None:
    def heard() -> bool:
        Fetch.objects.update(due_at=timezone.now(), lease_until=None)
        beat(memory, now=timezone.now())
        return Mention.objects.exclude(state="deleted").count() >= count

    assert until(heard), "the mention was not heard"


def test_a_question_is_heard_proposed_answered_and_read(owner: Member, bluesky_full: Network) -> None:
    shop, customer = bluesky_full.make_person("cycles-ligerien"), bluesky_full.make_person("marie-lefevre")
    plug(owner, shop, bluesky_full.host)
    memory = Memory(encoder=load_encoder())
    asked = customer.post(
        f"Bonjour @{shop.handle}, mon dérailleur saute depuis la révision, c’est réglable à la maison ?", mention=shop
    )
    beat_until_heard(memory, 1)
    beat(memory, now=timezone.now())

    conversation = Conversation.objects.get(firm=owner.firm)
    assert conversation.state == "open"
    best = conversation.assignments.order_by("place").select_related("member").first()
    assert best is not None
    assert (best.member.first_name, best.reason_kind, best.reason) == ("Karim", "topic", "dérailleur")

    karim = best.member
    answer(conversation, karim, "Tournez la molette d’un quart de tour, ça doit suffire.", now=timezone.now())
    later = timezone.now() + timedelta(seconds=11)
    beat(memory, now=later)
    beat(memory, now=later + timedelta(hours=1))

    delivery = Delivery.objects.get()
    assert delivery.state == Delivery.State.SENT
    replies = until(lambda: customer.read_replies(asked["uri"]))
    assert [reply["post"]["author"]["handle"] for reply in replies] == [shop.handle]
    assert replies[0]["post"]["record"]["text"].endswith("— Karim, atelier")
    assert len(shop.list_posts()) == 1
    conversation.refresh_from_db()
    assert (conversation.state, conversation.answered_by) == ("waiting", karim)
    assert karim.expertises.filter(kind="example").count() == 1

    customer.post(
        "Merci, ça marche !",
        reply={
            "root": asked,
            "parent": {"uri": replies[0]["post"]["uri"], "cid": replies[0]["post"]["cid"]},
        },
    )
    beat_until_heard(memory, 2)
    conversation.refresh_from_db()
    assert Conversation.objects.count() == 1
    assert (conversation.state, conversation.kind) == ("open", "thanks")


def test_what_an_author_takes_back_is_taken_back_here(owner: Member, bluesky_full: Network) -> None:
    shop, customer = bluesky_full.make_person("cycles"), bluesky_full.make_person("marie")
    plug(owner, shop, bluesky_full.host)
    asked = customer.post(f"@{shop.handle} mon numéro est le 06 12 34 56 78, rappelez-moi", mention=shop)
    beat_until_heard(Memory(), 1)
    mention = Mention.objects.get()
    assert "06 12" not in mention.text
    assert "06 12" not in str(mention.raw)
    beat(Memory(), now=timezone.now())
    customer.delete(asked["uri"])

    def taken_back() -> bool:
        Fetch.objects.update(due_at=timezone.now(), recheck_at=timezone.now(), lease_until=None)
        beat(Memory(), now=timezone.now())
        mention.refresh_from_db()
        return mention.state == "deleted"

    assert until(taken_back)
    assert (mention.text, mention.author_name, mention.raw) == ("", "", {})
    assert Conversation.objects.get().snippet == ""
