"""The box: one line a person, constant queries, indexed views, acts that can be undone, notes that stay inside."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from parvis.channels.connect import link
from parvis.contacts.identify import join_contacts, part_contacts
from parvis.conversations import acts, queries
from parvis.conversations.models import Conversation, Message
from parvis.conversations.search import find_conversations
from parvis.conversations.thread import add_note, list_unthreaded, thread
from parvis.firm.hours import add_open_minutes, count_open_minutes
from parvis.firm.models import Member
from parvis.flow.steps import Memory, beat
from parvis.intake.models import Mention
from parvis.intake.store import store
from parvis.outbox.enqueue import TooLate, take_back
from parvis.outbox.models import Delivery
from parvis.privacy.person import erase_person
from parvis.replies.answer import CannotAnswer, answer, find_draft, take_answer_back
from parvis.routing.assign import hand_over, pass_on
from parvis.wire.contract import Author, Incoming, Policy
from parvis.wire.registry import get_network

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture
def busy(owner: Member) -> Member:
    """A firm with the practice messages in its box."""
    for name in ("practice-bluesky", "practice-mastodon"):
        link(owner.firm, owner, name, get_network(name).connect({"name": name}), now=timezone.now())
    beat(Memory(), now=timezone.now())
    return owner


def say(owner: Member, number: int, who: str, text: str, at: datetime | None = None) -> None:
    channel = owner.firm.channels.first() or link(
        owner.firm, owner, "practice-bluesky", get_network("practice-bluesky").connect({}), now=timezone.now()
    )
    item = Incoming(
        native_id=f"n{number}", kind="mention", version="1", author=Author(who, who, who.title()), text=text,
        created_at=at or timezone.now(), reply_ref={"id": number},
    )  # fmt: skip
    store(channel, [item], Policy(), now=timezone.now())
    for mention in list_unthreaded():
        thread(mention, now=timezone.now())


def test_one_person_is_one_line_however_often_they_write(owner: Member) -> None:
    for number in range(3):
        say(owner, number, "marie", f"Question {number}")
    assert Conversation.objects.count() == 1
    assert Message.objects.count() == 3


def test_threading_twice_is_no_harm(owner: Member) -> None:
    say(owner, 1, "marie", "Bonjour")
    mention = Mention.objects.get()
    assert thread(mention, now=timezone.now()) is None
    assert Message.objects.count() == 1


@pytest.mark.parametrize("view", queries.VIEWS)
def test_a_view_costs_the_same_queries_for_one_line_and_for_fifty(owner: Member, view: str) -> None:
    client = Client()
    client.force_login(owner.user, backend="allauth.account.auth_backends.AuthenticationBackend")
    counts = []
    for wanted in (2, 50):
        for number in range(Conversation.objects.count(), wanted):
            say(owner, number, f"personne{number}", "Bonjour ?")
        states = {"waiting": "waiting", "later": "later", "closed": "closed"}
        Conversation.objects.update(state=states.get(view, "open"), holder=owner if view == "mine" else None)
        client.get(f"/boite/{view}/")
        with CaptureQueriesContext(connection) as captured:
            page = client.get(f"/boite/{view}/").content.decode()
        counts.append(len(captured))
        assert page.count('<article class="line') >= wanted
    assert counts[0] == counts[1]
    assert counts[0] <= 20


@pytest.mark.parametrize("view", queries.VIEWS)
def test_a_view_walks_its_index(owner: Member, view: str) -> None:
    if connection.vendor == "postgresql":  # few rows: ask which index would serve, not what is cheapest for so few
        with connection.cursor() as cursor:
            cursor.execute(
                "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off"
            )
    mark = queries.Mark(timezone.now(), 10)
    for rows in (
        queries.list_view(owner.firm, owner, view),
        queries.before(queries.list_view(owner.firm, owner, view), mark),
    ):
        plan = rows[:51].explain()
        assert "TEMP B-TREE" not in plan, plan
        assert "Sort" not in plan, plan


def test_paging_by_key_shows_every_line_once(owner: Member) -> None:
    for number in range(25):
        say(owner, number, f"p{number}", "x", at=MONDAY + timedelta(minutes=number // 3))
    seen: list[int] = []
    mark = None
    while True:
        page, mark = queries.read_page(queries.list_view(owner.firm, owner, "team"), mark, size=4)
        seen += [row.pk for row in page]
        if mark is None:
            break
        mark = queries.Mark.read(str(mark))
    assert len(seen) == len(set(seen)) == 25


@pytest.mark.parametrize(
    "text", ["", "x", "2026-11-25~1", "2026-11-25T10:00:00+00:00~-1", "2026-11-25T10:00:00+00:00~99999999999999999999"]
)
def test_a_mark_that_does_not_read_is_none(text: str) -> None:
    assert queries.Mark.read(text) is None


def test_acts_are_undone(busy: Member) -> None:
    row = Conversation.objects.filter(firm=busy.firm).order_by("id")[0]
    before = acts.close(row, now=timezone.now())
    assert acts.undo(busy.firm, [before.as_json()], now=timezone.now()) == 1
    row.refresh_from_db()
    assert row.state == "open"


def test_what_is_put_off_comes_back_that_day(busy: Member) -> None:
    row = Conversation.objects.filter(firm=busy.firm).order_by("id")[0]
    until = timezone.now() + timedelta(days=1)
    acts.put_off(row, until, now=timezone.now())
    assert acts.wake_due(now=until - timedelta(seconds=1)) == 0
    assert acts.wake_due(now=until) == 1
    row.refresh_from_db()
    assert row.state == "open"


def test_not_me_passes_to_the_next_and_is_not_proposed_again(busy: Member) -> None:
    row = Conversation.objects.filter(snippet__contains="dérailleur").get()
    first, second = (a.member for a in row.assignments.order_by("place").select_related("member")[:2])
    hand_over(row, first, busy, now=timezone.now())
    assert pass_on(row, first, now=timezone.now()) == second
    row.refresh_from_db()
    assert row.holder == second


def test_a_note_has_no_way_out(busy: Member) -> None:
    row = Conversation.objects.filter(firm=busy.firm).order_by("id")[0]
    add_note(row, busy, "Entre nous : c’est le gravel bleu", told=[], now=timezone.now())
    beat(Memory(), now=timezone.now() + timedelta(minutes=5))
    assert not Delivery.objects.exists()


def test_an_answer_is_signed_held_and_taken_back_as_a_draft(busy: Member) -> None:
    row = Conversation.objects.filter(firm=busy.firm).order_by("id")[0]
    delivery = answer(row, busy, "Passez demain.", now=timezone.now())
    assert delivery.text == "Passez demain.\n— Sonia, accueil"
    take_answer_back(delivery, busy, now=timezone.now())
    beat(Memory(), now=timezone.now() + timedelta(minutes=5))
    delivery.refresh_from_db()
    row.refresh_from_db()
    assert (delivery.state, row.state, find_draft(row, busy)) == ("cancelled", "open", "Passez demain.")


def test_what_has_left_cannot_be_taken_back(busy: Member) -> None:
    row = Conversation.objects.filter(firm=busy.firm).order_by("id")[0]
    delivery = answer(row, busy, "Passez demain.", now=timezone.now())
    beat(Memory(), now=timezone.now() + timedelta(seconds=11))
    with pytest.raises(TooLate):
        take_back(delivery)


def test_pressed_twice_goes_once(busy: Member) -> None:
    row = Conversation.objects.filter(firm=busy.firm).order_by("id")[0]
    first = answer(row, busy, "Oui.", now=timezone.now())
    assert answer(row, busy, "Oui.", now=timezone.now()) == first


def test_a_colleague_who_answered_meanwhile_is_told_before_sending(busy: Member) -> None:
    row = Conversation.objects.filter(firm=busy.firm).order_by("id")[0]
    karim = busy.firm.members.get(first_name="Karim")
    seen = row.messages.order_by("-id")[0].pk
    answer(row, karim, "Je m’en occupe.", now=timezone.now())
    with pytest.raises(CannotAnswer) as refused:
        answer(row, busy, "Passez.", seen=seen, now=timezone.now())
    assert (refused.value.reason, refused.value.colleague) == ("colleague_answered", "Karim")
    assert find_draft(row, busy) == "Passez."
    answer(row, busy, "Passez.", seen=seen, knows_of_colleague=True, now=timezone.now())


def test_nothing_goes_under_a_name_without_consent(busy: Member) -> None:
    row = Conversation.objects.filter(firm=busy.firm).order_by("id")[0]
    busy.consent_revoked_at = timezone.now()
    busy.save()
    with pytest.raises(CannotAnswer, match="no_consent"):
        answer(row, busy, "Bonjour", now=timezone.now())
    assert not Delivery.objects.exists()


def test_search_ignores_accents_ligatures_plurals_and_apostrophes(owner: Member) -> None:
    say(owner, 1, "marie", "L’atelier répare les dérailleurs, avec cœur")
    for asked in ("derailleur", "coeur", "l'atelier", "DÉRAILLEUR repare"):
        assert len(find_conversations(owner.firm_id, asked)) == 1, asked
    assert not find_conversations(owner.firm_id, "vélo")
    assert not find_conversations(owner.firm_id, '" OR firm:zf2 *')


def test_search_stays_in_the_firm_and_forgets_what_is_erased(owner: Member, stranger: Member) -> None:
    say(owner, 1, "marie", "Mon secret de polichinelle")
    assert not find_conversations(stranger.firm_id, "polichinelle")
    contact = Conversation.objects.get().contact
    assert contact is not None
    erase_person(contact, owner)
    assert not find_conversations(owner.firm_id, "polichinelle")
    assert "polichinelle" not in str(list(Mention.objects.values())) + str(list(Message.objects.values()))


def test_joined_people_part_without_loss(busy: Member) -> None:
    one, two = (row.contact for row in Conversation.objects.filter(firm=busy.firm).order_by("id")[:2])
    assert one is not None
    assert two is not None
    before = [list(one.identities.values_list("pk")), list(two.identities.values_list("pk"))]
    joining = join_contacts(one, two, busy, now=timezone.now())
    assert one.identities.count() == 2
    part_contacts(joining, now=timezone.now())
    assert [list(one.identities.values_list("pk")), list(two.identities.values_list("pk"))] == before


def test_the_clock_runs_in_opening_hours_alone() -> None:
    hours = {"0": [["09:00", "12:00"], ["14:00", "18:00"]], "1": [["09:00", "12:00"]]}
    monday = datetime(2026, 11, 23, 16, tzinfo=UTC)  # 17 h in Paris
    due = add_open_minutes(hours, monday, 90)
    assert due == datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
    assert count_open_minutes(hours, monday, due) == 90


def test_nothing_is_fetched_before_the_notice_stands(owner: Member) -> None:
    link(owner.firm, owner, "practice-bluesky", get_network("practice-bluesky").connect({}), now=timezone.now())
    owner.firm.notice_published_at = None
    owner.firm.save()
    beat(Memory(), now=timezone.now())
    assert not Mention.objects.exists()
