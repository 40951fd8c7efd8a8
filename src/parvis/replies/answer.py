"""A member answers in one step, under their own name; ten seconds to take it back; guarded against a colleague's answer."""

from datetime import datetime, timedelta

from django.db import transaction

from parvis.conversations.models import Conversation, Message
from parvis.conversations.thread import add_out, tell
from parvis.firm.models import Member
from parvis.firm.people import audit
from parvis.intake.models import Mention
from parvis.outbox.enqueue import Words, enqueue, take_back
from parvis.outbox.models import Delivery
from parvis.replies.models import Draft
from parvis.wire.contract import Measure
from parvis.wire.registry import get_network


class CannotAnswer(Exception):
    """Nothing went out; `reason` is a code the screens put in words, the text is kept as a draft."""

    def __init__(self, reason: str, *, colleague: str = "", measure: Measure | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.colleague = colleague
        self.measure = measure


def save_draft(conversation: Conversation, member: Member, text: str) -> Draft:
    draft, _ = Draft.objects.update_or_create(
        conversation=conversation, member=member, defaults={"firm_id": conversation.firm_id, "text": text}
    )
    return draft


def find_draft(conversation: Conversation, member: Member) -> str:
    return Draft.objects.filter(conversation=conversation, member=member).values_list("text", flat=True).first() or ""


def sign(text: str, member: Member) -> str:
    """The text under the member's first name and trade, unless it ends so already."""
    text = text.rstrip()
    return text if text.endswith(member.signature) else f"{text}\n{member.signature}"


def find_asked(conversation: Conversation) -> Mention | None:
    """The person's newest words that can be answered on their network."""
    message = (
        conversation.messages.filter(way=Message.Way.IN, mention__state=Mention.State.LIVE)
        .select_related("mention__channel")
        .order_by("-at", "-id")
        .first()
    )
    return message.mention if message else None


def measure(conversation: Conversation, text: str) -> Measure:
    """The signed text held against the limits of where it will go."""
    channel = conversation.channel
    return get_network(channel.network).measure(text, channel.text_limits())


def find_other_answer(conversation: Conversation, member: Member, seen: int) -> Delivery | None:
    """A colleague's answer that came after the last turn seen."""
    message = (
        conversation.messages.filter(way=Message.Way.OUT, pk__gt=seen)
        .exclude(member=member)
        .exclude(delivery__state__in=[Delivery.State.CANCELLED, Delivery.State.FAILED])
        .select_related("delivery__author")
        .order_by("-at")
        .first()
    )
    return message.delivery if message else None


def answer(
    conversation: Conversation,
    member: Member,
    text: str,
    *,
    seen: int | None = None,
    knows_of_colleague: bool = False,
    now: datetime,
) -> Delivery:
    """Put an answer out, signed. `seen` is the id of the last turn the member saw: a colleague's answer after it stops.

    Raises `CannotAnswer` with the text kept as a draft.
    """
    save_draft(conversation, member, text)
    if not text.strip():
        raise CannotAnswer("empty")
    if not member.may_speak:
        raise CannotAnswer("no_consent")
    mention = find_asked(conversation)
    if mention is None:
        raise CannotAnswer("nothing_to_answer")
    channel = mention.channel
    if "reply" not in channel.abilities:
        raise CannotAnswer("network_cannot")
    if not channel.sealed_secret:
        raise CannotAnswer("unplugged")
    signed = sign(text, member)
    measured = get_network(channel.network).measure(signed, channel.text_limits())
    if not measured.fits:
        raise CannotAnswer("too_long", measure=measured)
    return _put_out(conversation, member, mention, signed, seen=None if knows_of_colleague else seen, now=now)


@transaction.atomic
def _put_out(
    conversation: Conversation,
    member: Member,
    mention: Mention,
    signed: str,
    *,
    seen: int | None,
    now: datetime,
) -> Delivery:
    conversation = Conversation.objects.select_for_update().get(pk=conversation.pk)
    if seen is not None:
        other = find_other_answer(conversation, member, seen)
        if other is not None:
            raise CannotAnswer("colleague_answered", colleague=other.author.first_name if other.author else "")
    pressed_twice = conversation.messages.filter(
        way=Message.Way.OUT, member=member, text=signed, at__gt=now - timedelta(minutes=2)
    ).exclude(delivery__state=Delivery.State.CANCELLED)
    known = pressed_twice.select_related("delivery").first()
    if known is not None and known.delivery is not None:
        return known.delivery
    delivery = enqueue(
        mention.channel,
        member,
        Words(
            text=signed,
            lang=mention.lang or "fr",
            audience=mention.audience,
            reply_ref=mention.reply_ref,
        ),
        now=now,
    )
    add_out(conversation, delivery, now=now)
    Draft.objects.filter(conversation=conversation, member=member).delete()
    audit(conversation.firm, member, "answer.pressed", str(conversation.pk))
    return delivery


@transaction.atomic
def take_answer_back(delivery: Delivery, member: Member, *, now: datetime) -> Conversation:
    """Undo within the delay: the text comes back as a draft and the person waits again. Raises `outbox.TooLate`."""
    take_back(delivery)
    message = Message.objects.select_related("conversation").get(delivery=delivery)
    conversation = message.conversation
    save_draft(conversation, member, delivery.text.removesuffix(member.signature).rstrip())
    conversation.state = Conversation.State.OPEN
    conversation.answered_at = conversation.answered_by = None
    conversation.save(update_fields=["state", "answered_at", "answered_by"])
    message.delete()
    tell(conversation.firm_id, conversation.pk, now=now)
    return conversation
