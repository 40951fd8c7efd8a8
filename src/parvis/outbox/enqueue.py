"""The one way out: everything that leaves Parvis is a Delivery put here. It knows no draft and no approval."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from parvis.channels.models import Channel
from parvis.firm.models import Member
from parvis.outbox.models import Delivery


class TooLate(Exception):
    """The text has left, or is leaving: it can no longer be taken back."""


@dataclass(frozen=True, slots=True)
class Words:
    """What is to be sent and in answer to what."""

    text: str
    lang: str = "fr"
    audience: str = "public"
    reply_ref: dict[str, Any] = field(default_factory=dict)


def enqueue(channel: Channel, author: Member, words: Words, *, now: datetime) -> Delivery:
    """Put a text out. It is held for the undo delay, then goes. Call inside a transaction with what records it."""
    return Delivery.objects.create(
        firm_id=channel.firm_id,
        channel=channel,
        author=author,
        text=words.text,
        lang=words.lang,
        audience=words.audience,
        reply_ref=words.reply_ref,
        written_at=now,
        due_at=now + timedelta(seconds=settings.UNDO_S),
    )


def take_back(delivery: Delivery) -> None:
    """Cancel a text that is still held; `TooLate` once the worker has it."""
    done = Delivery.objects.filter(pk=delivery.pk, state=Delivery.State.HELD).update(state=Delivery.State.CANCELLED)
    if not done:
        raise TooLate
    delivery.state = Delivery.State.CANCELLED


def settle_by_hand(delivery: Delivery, *, was_sent: bool, now: datetime) -> None:
    """A person looked on the network and says whether an uncertain text is there; if not, it goes again."""
    changes = (
        {"state": Delivery.State.SENT, "sent_at": now}
        if was_sent
        else {"state": Delivery.State.HELD, "due_at": now, "attempts": 0, "first_byte_at": None, "lease_until": None}
    )
    Delivery.objects.filter(pk=delivery.pk, state__in=[Delivery.State.UNCERTAIN, Delivery.State.FAILED]).update(
        **changes
    )
