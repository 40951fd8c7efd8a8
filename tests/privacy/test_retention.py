"""What is kept, how long, and what a person can have or have erased."""

from datetime import timedelta

import pytest
from django.utils import timezone

from parvis.channels.connect import link
from parvis.contacts.models import Contact
from parvis.conversations.models import Conversation, Message
from parvis.firm.models import Member
from parvis.flow.steps import Memory, beat
from parvis.intake.models import Mention
from parvis.privacy.person import export_person
from parvis.privacy.retention import purge
from parvis.replies.answer import answer
from parvis.wire.registry import get_network

pytestmark = pytest.mark.django_db


@pytest.fixture
def busy(owner: Member) -> Member:
    link(owner.firm, owner, "practice-bluesky", get_network("practice-bluesky").connect({}), now=timezone.now())
    beat(Memory(), now=timezone.now())
    return owner


def test_a_person_is_forgotten_three_years_after_their_own_last_word(busy: Member) -> None:
    now = timezone.now()
    row = Conversation.objects.filter(snippet__contains="dérailleur").get()
    answer(row, busy, "Passez demain.", now=now + timedelta(days=800))
    assert purge(now=now + timedelta(days=3 * 365 - 4)) == 0
    assert purge(now=now + timedelta(days=3 * 365 + 2)) == 4
    assert not Contact.objects.filter(firm=busy.firm).exists()
    assert "dérailleur" not in str(list(Message.objects.values())) + str(list(Mention.objects.values()))


def test_raw_items_go_after_thirty_days(busy: Member) -> None:
    Mention.objects.update(raw={"x": 1})
    purge(now=timezone.now() + timedelta(days=31))
    assert set(map(str, Mention.objects.values_list("raw", flat=True))) == {"{}"}


def test_all_that_is_kept_on_a_person_is_handed_out_but_never_colleagues_notes(busy: Member) -> None:
    row = Conversation.objects.filter(snippet__contains="dérailleur").get()
    Message.objects.create(firm=busy.firm, conversation=row, way="note", member=busy, text="entre nous")
    assert row.contact is not None
    told = export_person(row.contact)
    assert "dérailleur" in str(told["turns"])
    assert "entre nous" not in str(told)
