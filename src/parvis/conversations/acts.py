"""What a member does with a conversation: take, put off, close, label, be present; each can be undone."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from parvis.conversations.models import Conversation, Label, Presence
from parvis.conversations.thread import tell
from parvis.firm.models import Firm, Member

PRESENCE_S = 45


@dataclass(frozen=True, slots=True)
class Before:
    """What a line was before an act, so that the act can be undone."""

    conversation_id: int
    state: str
    holder_id: int | None
    later_until: str | None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def remember(conversation: Conversation) -> Before:
    return Before(
        conversation.pk,
        conversation.state,
        conversation.holder_id,
        conversation.later_until.isoformat() if conversation.later_until else None,
    )


def _change(conversation: Conversation, *, now: datetime, **columns: Any) -> Before:
    was = remember(conversation)
    for name, value in columns.items():
        setattr(conversation, name, value)
    conversation.save(update_fields=list(columns))
    tell(conversation.firm_id, conversation.pk, now=now)
    return was


@transaction.atomic
def hold(conversation: Conversation, holder: Member | None, *, now: datetime) -> Before:
    """Give the line to somebody, or to nobody."""
    if holder is not None and (holder.firm_id != conversation.firm_id or holder.left_at is not None):
        raise ValueError("the holder must work in the conversation's firm")
    return _change(conversation, now=now, holder=holder)


@transaction.atomic
def put_off(conversation: Conversation, until: datetime | None, *, now: datetime) -> Before:
    """Out of the box until a date, or (None) until the person answers."""
    return _change(conversation, now=now, state=Conversation.State.LATER, later_until=until)


@transaction.atomic
def close(conversation: Conversation, *, now: datetime) -> Before:
    return _change(conversation, now=now, state=Conversation.State.CLOSED, later_until=None)


@transaction.atomic
def reopen(conversation: Conversation, *, now: datetime) -> Before:
    return _change(conversation, now=now, state=Conversation.State.OPEN, later_until=None)


@transaction.atomic
def set_kind(conversation: Conversation, kind: str, *, now: datetime) -> Before:
    """Correct the guess."""
    return _change(conversation, now=now, kind=kind)


@transaction.atomic
def undo(firm: Firm, befores: Iterable[dict[str, Any]], *, now: datetime) -> int:
    """Put lines back as they were; lines of other firms are passed over."""
    done = 0
    for was in befores:
        conversation = Conversation.objects.filter(firm=firm, pk=was["conversation_id"]).first()
        if conversation is None:
            continue
        until = was["later_until"]
        _change(
            conversation,
            now=now,
            state=was["state"],
            holder_id=was["holder_id"],
            later_until=datetime.fromisoformat(until) if until else None,
        )
        done += 1
    return done


@transaction.atomic
def set_labels(conversation: Conversation, names: Sequence[str], *, now: datetime) -> None:
    wanted = [
        Label.objects.get_or_create(firm_id=conversation.firm_id, name=name.strip()[:40])[0]
        for name in names
        if name.strip()
    ]
    conversation.labels.set(wanted)
    tell(conversation.firm_id, conversation.pk, now=now)


def wake_due(*, now: datetime) -> int:
    """Lines put off until now come back to the box."""
    due = list(Conversation.objects.filter(state=Conversation.State.LATER, later_until__lte=now)[:100])
    for conversation in due:
        reopen(conversation, now=now)
    return len(due)


def be_present(conversation: Conversation, member: Member, *, is_writing: bool, now: datetime) -> None:
    """Say that a member looks at a line or writes; screens are told only when that is news."""
    known = Presence.objects.filter(conversation=conversation, member=member).first()
    is_news = known is None or known.is_writing != is_writing or known.at < now - timedelta(seconds=PRESENCE_S)
    Presence.objects.update_or_create(
        conversation=conversation,
        member=member,
        defaults={"firm_id": conversation.firm_id, "is_writing": is_writing, "at": now},
    )
    if is_news:
        tell(conversation.firm_id, conversation.pk, now=now)


def list_present(conversation: Conversation, *, but: Member, now: datetime) -> list[Presence]:
    """Colleagues who are on this line now; reads prefetched rows."""
    since = now - timedelta(seconds=PRESENCE_S)
    return [p for p in conversation.presences.all() if p.at >= since and p.member_id != but.pk]
