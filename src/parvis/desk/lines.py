"""How rows look on the screen: plain dictionaries for the templates, words included, no query of their own."""

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from parvis.contacts.models import Contact
from parvis.conversations.acts import list_present
from parvis.conversations.clock import read_clock
from parvis.conversations.models import Conversation, Message
from parvis.conversations.queries import NOT_A_PERSON
from parvis.firm.hours import PARIS
from parvis.firm.models import Member
from parvis.outbox.models import Delivery
from parvis.routing.models import Assignment

FACES = 8
KIND_LABELS = {
    "question": (gettext_lazy("question"), ""),
    "complaint": (gettext_lazy("complaint"), ""),
    "quote": (gettext_lazy("quote wanted"), "river"),
    "application": (gettext_lazy("application"), "river"),
    "thanks": (gettext_lazy("thanks"), "moss"),
    "link": (gettext_lazy("link to you"), ""),
    "article": (gettext_lazy("article"), "river"),
    "note": (gettext_lazy("at the counter"), ""),
}
NETWORK_LABELS = {
    "bluesky": "Bluesky",
    "mastodon": "Mastodon",
    "feeds": gettext_lazy("Press and blogs"),
    "links": gettext_lazy("Link received"),
    "counter": gettext_lazy("Heard at the counter"),
}


def find_mark(network: str) -> str:
    """The network whose mark and name are shown; practice looks like what it practises."""
    return network.removeprefix("practice-")


def say_network(network: str) -> str:
    return str(NETWORK_LABELS.get(find_mark(network), network))


def initials(name: str) -> str:
    words = [word for word in name.replace("@", " ").split() if word]
    return "".join(word[0] for word in words[:2]).upper() or "?"


def face(key: str) -> int:
    """A colour for somebody, always the same."""
    return sum(key.encode()) % FACES


def say_minutes(minutes: float) -> str:
    """A wait in opening hours, short: « 37 min », « 2 h 05 », « 3 d »."""
    whole = round(minutes)
    if whole < 60:
        return _("%(n)d min") % {"n": whole}
    if whole < 600:
        return _("%(h)d h %(m)02d") % {"h": whole // 60, "m": whole % 60}
    return _("%(n)d working days") % {"n": max(1, round(whole / 420))}


def say_when(at: datetime, now: datetime) -> str:
    """The hour today, the day before that."""
    local = at.astimezone(PARIS)
    if local.date() == now.astimezone(PARIS).date():
        return _("%(h)d:%(m)02d") % {"h": local.hour, "m": local.minute}
    return formats.date_format(timezone.localtime(at), "j N")


def show_member(member: Member) -> dict[str, Any]:
    return {
        "id": member.pk,
        "first_name": member.first_name,
        "trade": member.trade,
        "initials": initials(f"{member.first_name} {member.last_name}".strip()),
        "face": face(member.first_name),
        "is_away": member.away_until is not None and member.away_until > timezone.now(),
    }


def show_line(
    conversation: Conversation, member: Member, *, view: str, hours: dict[str, Any], now: datetime
) -> dict[str, Any]:
    """One line of the box. Reads only what `queries.read_page` fetched."""
    is_open = conversation.state == Conversation.State.OPEN
    waits = is_open and conversation.kind not in NOT_A_PERSON
    clock = read_clock(hours, member.firm.targets, conversation.kind, conversation.asked_at, now) if waits else None
    kind_label, kind_tone = KIND_LABELS.get(conversation.kind, KIND_LABELS["question"])
    holder = conversation.holder
    return {
        "id": conversation.pk,
        "url": reverse("conversation", args=[view, conversation.pk]),
        "name": conversation.name,
        "initials": initials(conversation.name),
        "face": face(conversation.name),
        "network": find_mark(conversation.network),
        "network_label": say_network(conversation.network),
        "is_private": conversation.audience == "private",
        "waiting": say_minutes(clock.waited) if clock else _say_state(conversation, now),
        "due_pct": clock.percent if clock else 0,
        "due_tone": clock.tone if clock else "",
        "snippet": conversation.snippet or _("(the words were taken back by their author)"),
        "kind": conversation.kind,
        "kind_label": kind_label,
        "kind_tone": kind_tone,
        "labels": [label.name for label in conversation.labels.all()],
        "holder": _say_holder(holder, member),
        "holder_initials": initials(holder.first_name) if holder else "",
        "holder_face": face(holder.first_name) if holder else 0,
        "viewers": [
            {**show_member(p.member), "is_writing": p.is_writing}
            for p in list_present(conversation, but=member, now=now)
        ],
        "answered": not is_open,
    }


def _say_holder(holder: Member | None, member: Member) -> str | None:
    if holder is None:
        return None
    return _("you") if holder.pk == member.pk else holder.first_name


def _say_state(conversation: Conversation, now: datetime) -> str:
    if conversation.state == Conversation.State.LATER:
        until = conversation.later_until
        return _("back %(when)s") % {"when": say_when(until, now)} if until else _("until they answer")
    if conversation.answered_at:
        return _("answered %(when)s") % {"when": say_when(conversation.answered_at, now)}
    return say_when(conversation.last_at, now)


DELIVERY_WORDS = {
    Delivery.State.HELD: gettext_lazy("goes in a moment"),
    Delivery.State.SENDING: gettext_lazy("kept here, leaving by itself"),
    Delivery.State.SENT: gettext_lazy("sent"),
    Delivery.State.UNCERTAIN: gettext_lazy("perhaps sent: look on the network, then tell us"),
    Delivery.State.FAILED: gettext_lazy("not sent"),
}
TROUBLE_WORDS = {
    "AuthExpired": gettext_lazy("The account must be plugged in again. Your words are kept."),
    "PermissionMissing": gettext_lazy("This account may not do that. Your words are kept."),
    "RateLimited": gettext_lazy("The network asks us to slow down. It will leave by itself."),
    "Rejected": gettext_lazy("The network refuses these words. Change them and send again."),
    "Gone": gettext_lazy("What you answer is no longer there. Your words are kept."),
    "Transient": gettext_lazy("The network does not answer. Kept here, it will leave by itself."),
    "Uncertain": gettext_lazy("The network did not say whether it has it. Look before you send again."),
    "WindowClosed": gettext_lazy("It is too late to answer there. Your words are kept."),
    "NotAble": gettext_lazy("This network cannot do that. Your words are kept."),
    "ContractBroken": gettext_lazy("The network answered something we do not know. Your words are kept."),
}


def show_message(message: Message, member: Member, *, now: datetime) -> dict[str, Any]:
    """One turn of the thread; `message` has mention, delivery and member fetched."""
    shown: dict[str, Any] = {
        "id": message.pk,
        "way": message.way,
        "text": message.text,
        "when": say_when(message.at, now),
        "author": show_member(message.member) if message.member else None,
        "is_gone": False,
    }
    mention, delivery = message.mention, message.delivery
    if mention is not None:
        shown |= {
            "is_gone": mention.state == "deleted",
            "is_edited": len(mention.versions.all()) > 1,
            "title": mention.title,
            "network_label": say_network(mention.network),
            "original_url": mention.native_url if mention.native_url.startswith(("http://", "https://")) else "",
            "is_private": mention.audience == "private",
            "name": mention.author_name or mention.author_handle,
            "initials": initials(mention.author_name or mention.author_handle or mention.title),
            "face": face(mention.author_name or mention.author_handle or mention.title),
        }
    if delivery is not None:
        left = (delivery.due_at - now).total_seconds()
        shown |= {
            "delivery_id": delivery.pk,
            "state": delivery.state,
            "state_words": DELIVERY_WORDS.get(Delivery.State(delivery.state), ""),
            "trouble_words": TROUBLE_WORDS.get(delivery.trouble_kind, ""),
            "original_url": delivery.native_url,
            "undo_s": max(0, round(left)) if delivery.state == Delivery.State.HELD else 0,
            "needs_a_look": delivery.state == Delivery.State.UNCERTAIN,
        }
    return shown


REASON_WORDS = {
    "topic": gettext_lazy("says “%(text)s”"),
    "sample": gettext_lazy("likes answering “%(text)s”"),
    "answered": gettext_lazy("helped %(count)d times on this"),
    "profile": gettext_lazy("because of “%(text)s”"),
    "known": gettext_lazy("knows this person"),
}


def show_assignment(assignment: Assignment) -> dict[str, Any]:
    words = REASON_WORDS.get(assignment.reason_kind, REASON_WORDS["profile"])
    return {
        **show_member(assignment.member),
        "reason": str(words) % {"text": assignment.reason, "count": assignment.reason_count},
        "is_best": assignment.place == 1,
        "open_items": getattr(assignment.member, "open_items", 0),
    }


def show_person(contact: Contact, *, now: datetime) -> dict[str, Any]:
    """The person beside the thread: networks, last exchanges, what is worth knowing, what was promised."""
    last = (
        Message.objects.filter(conversation__contact=contact)
        .exclude(way=Message.Way.NOTE)
        .select_related("member")
        .order_by("-at", "-id")[:3]
    )
    memos = list(contact.memos.select_related("member").order_by("-at")[:8])
    return {
        "id": contact.pk,
        "name": contact.name,
        "initials": initials(contact.name),
        "face": face(contact.name),
        "url": reverse("person", args=[contact.pk]),
        "identities": [
            {
                "network": find_mark(identity.network),
                "network_label": say_network(identity.network),
                "handle": identity.handle,
                "url": identity.url if identity.url.startswith(("http://", "https://")) else "",
            }
            for identity in contact.identities.order_by("id")
        ],
        "known_since": formats.date_format(contact.known_since, "F Y"),
        "exchanges": Message.objects.filter(conversation__contact=contact).exclude(way="note").count(),
        "last": [
            {
                "who": message.member.first_name if message.member else contact.name,
                "text": message.text,
                "when": say_when(message.at, now),
            }
            for message in last
        ],
        "memos": [
            {
                "id": memo.pk,
                "text": memo.text,
                "by": memo.member.first_name if memo.member else "",
                "when": say_when(memo.at, now),
                "is_promise": memo.is_promise,
                "kept": memo.kept_at is not None,
            }
            for memo in memos
        ],
    }
