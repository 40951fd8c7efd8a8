"""Puts what came in into conversations: one line a person waiting, whatever the network. The only place that threads."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from parvis.contacts.identify import Handle, identify
from parvis.contacts.models import Contact
from parvis.conversations import search
from parvis.conversations.clock import answer_by
from parvis.conversations.kinds import guess_kind
from parvis.conversations.models import Change, Conversation, Message
from parvis.firm.models import Firm, Member
from parvis.intake.models import Mention
from parvis.outbox.models import Delivery

SNIPPET = 220


def office_hours(firm: Firm) -> dict[str, list[list[str]]]:
    office = firm.offices.order_by("id").first()
    return office.hours if office else {}


def tell(firm_id: int, conversation_id: int, *, now: datetime) -> None:
    """Leave the mark that makes screens redraw this line."""
    Change.objects.create(firm_id=firm_id, conversation_id_seen=conversation_id, at=now)


def list_unthreaded(limit: int = 100) -> Sequence[Mention]:
    """What intake stored and no conversation holds yet, oldest first."""
    return list(Mention.objects.filter(step=Mention.Step.NEW).select_related("firm", "channel").order_by("id")[:limit])


@transaction.atomic
def thread(mention: Mention, *, now: datetime) -> Conversation | None:
    """Give a mention its place. Running it twice is no harm; a tombstone without a thread is passed over."""
    claimed = Mention.objects.filter(pk=mention.pk, step=Mention.Step.NEW).update(step=Mention.Step.THREADED)
    if not claimed:
        return None
    if mention.state != Mention.State.LIVE:
        return None
    contact = _find_contact(mention, now=now)
    conversation = _find_conversation(mention, contact) or _open_conversation(mention, contact, now=now)
    message = Message.objects.create(
        firm_id=mention.firm_id,
        conversation=conversation,
        way=Message.Way.IN,
        mention=mention,
        text=mention.text or mention.title,
        at=mention.created_at,
    )
    _wake(conversation, mention, now=now)
    search.index_message(message)
    if contact is not None:
        Contact.objects.filter(pk=contact.pk).update(last_spoke_at=mention.created_at)
    tell(mention.firm_id, conversation.pk, now=now)
    return conversation


def _find_contact(mention: Mention, *, now: datetime) -> Contact | None:
    if not mention.author_id_there:
        return None
    handle = Handle(
        network=mention.network,
        native_id=mention.author_id_there,
        handle=mention.author_handle,
        name=mention.author_name,
        url=mention.author_url,
    )
    return identify(mention.firm, handle, now=now)


def _find_conversation(mention: Mention, contact: Contact | None) -> Conversation | None:
    """The open line of this person, else the thread that this answers."""
    own = Conversation.objects.filter(firm_id=mention.firm_id)
    if contact is not None:
        waiting = (
            own.filter(contact=contact).exclude(state=Conversation.State.CLOSED).order_by("-last_at", "-id").first()
        )
        if waiting is not None:
            return waiting
    refs = [ref for ref in (mention.parent_ref, mention.root_ref) if ref]
    if not refs or contact is None:
        return None
    return (
        own.filter(contact=contact)
        .filter(
            Q(messages__mention__native_id__in=refs, messages__mention__channel=mention.channel_id)
            | Q(messages__delivery__native_id__in=refs, messages__delivery__channel=mention.channel_id)
        )
        .order_by("-last_at", "-id")
        .first()
    )


def _open_conversation(mention: Mention, contact: Contact | None, *, now: datetime) -> Conversation:
    return Conversation.objects.create(
        firm_id=mention.firm_id,
        contact=contact,
        channel=mention.channel,
        network=mention.network,
        audience=mention.audience,
        name=(contact.name if contact else mention.title or mention.channel.label)[:200],
        kind=guess_kind(mention.kind, mention.text),
        opened_at=now,
        asked_at=mention.created_at,
        last_at=mention.created_at,
    )


def _wake(conversation: Conversation, mention: Mention, *, now: datetime) -> None:
    """The person speaks: the line comes back to the box, its clock starts unless it runs already."""
    was_waiting_for_us = conversation.state == Conversation.State.OPEN and conversation.answer_by is not None
    if not was_waiting_for_us:
        conversation.kind = guess_kind(mention.kind, mention.text)
        conversation.asked_at = mention.created_at
        conversation.answer_by = answer_by(
            office_hours(mention.firm), mention.firm.targets, conversation.kind, mention.created_at
        )
        conversation.answered_at = None
    conversation.state = Conversation.State.OPEN
    conversation.later_until = None
    conversation.channel, conversation.network = mention.channel, mention.network
    conversation.audience = mention.audience
    conversation.snippet = (mention.title or mention.text)[:SNIPPET]
    conversation.last_at = max(conversation.last_at, mention.created_at)
    conversation.save()


@transaction.atomic
def redraw(mention_ids: Sequence[int], *, now: datetime) -> None:
    """After edits and deletions: message texts, search rows and lines follow the mention."""
    for message in Message.objects.filter(mention__in=mention_ids).select_related("mention", "conversation"):
        mention = message.mention
        if mention is None:
            continue
        message.text = mention.text or mention.title
        message.save(update_fields=["text"])
        search.index_message(message)
        last = message.conversation.messages.exclude(way=Message.Way.NOTE).order_by("-at", "-id").first()
        if last is not None and last.pk == message.pk:
            message.conversation.snippet = message.text[:SNIPPET]
            message.conversation.save(update_fields=["snippet"])
        tell(message.firm_id, message.conversation_id, now=now)


def add_out(conversation: Conversation, delivery: Delivery, *, now: datetime) -> Message:
    """Record what a colleague says to the person; the line then waits for the person."""
    message = Message.objects.create(
        firm_id=conversation.firm_id,
        conversation=conversation,
        way=Message.Way.OUT,
        delivery=delivery,
        member=delivery.author,
        text=delivery.text,
        at=now,
    )
    conversation.state = Conversation.State.WAITING
    conversation.answered_at, conversation.answered_by = now, delivery.author
    conversation.last_at = max(conversation.last_at, now)
    conversation.save(update_fields=["state", "answered_at", "answered_by", "last_at"])
    search.index_message(message)
    tell(conversation.firm_id, conversation.pk, now=now)
    return message


@transaction.atomic
def add_note(
    conversation: Conversation, member: Member, text: str, *, told: Sequence[Member], now: datetime
) -> Message:
    """A word between colleagues. It has no delivery, so no path leads it outside."""
    message = Message.objects.create(
        firm_id=conversation.firm_id,
        conversation=conversation,
        way=Message.Way.NOTE,
        member=member,
        text=text,
        at=now,
    )
    message.told.set(told)
    search.index_message(message)
    tell(conversation.firm_id, conversation.pk, now=now)
    return message
