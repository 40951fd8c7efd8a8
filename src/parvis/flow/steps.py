"""The circuit in order: fetch, thread, propose, send, wake. Each step claims what is due and may run twice without harm."""

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Max

from parvis.channels.connect import note_ok, note_trouble
from parvis.channels.models import Channel
from parvis.conversations import acts
from parvis.conversations.models import Conversation
from parvis.conversations.thread import list_unthreaded, redraw, tell, thread
from parvis.firm.models import Firm
from parvis.flow.claim import claim_due
from parvis.flow.pings import verify_due
from parvis.intake.models import Fetch, Mention, Ping
from parvis.intake.store import store
from parvis.outbox import send
from parvis.outbox.models import Delivery
from parvis.privacy.retention import purge
from parvis.routing.assign import accept_pick, make_index, propose, rank_conversation
from parvis.routing.encode import Encoder
from parvis.routing.models import Expertise
from parvis.routing.rank import Index
from parvis.wire import errors
from parvis.wire.contract import Rechecks
from parvis.wire.registry import get_network

log = logging.getLogger("parvis.flow")
FETCH_LEASE_S = 120
_FETCH_BACKOFF_S = (15, 60, 300, 900, 3600)
PURGE_EVERY = timedelta(hours=1)
RECHECK_EVERY = timedelta(minutes=30)
RECHECK_FOR = timedelta(days=30)
_NOT_POLLED = ("counter", "links")


@dataclass(slots=True)
class Memory:
    """What a worker keeps between beats: the encoder, and each firm's index with the mark it was made from."""

    encoder: Encoder | None = None
    indexes: dict[int, tuple[tuple[object, ...], Index]] = field(default_factory=dict)
    purged_at: datetime | None = None


def ensure_fetches(*, now: datetime) -> None:
    """Every linked channel that can be read has its Fetch row."""
    missing = Channel.objects.filter(fetch=None).exclude(network__in=_NOT_POLLED)
    Fetch.objects.bulk_create([Fetch(channel=channel, due_at=now) for channel in missing], ignore_conflicts=True)


def fetch_due(*, now: datetime) -> int:
    """Read the channels that are due, of firms whose notice is published; return how many items were new."""
    ready = (
        Fetch.objects.filter(channel__firm__notice_published_at__isnull=False)
        .exclude(channel__state=Channel.State.UNPLUGGED)
        .select_related("channel__firm")
    )
    heard = 0
    for fetch in claim_due(ready, now=now, lease_s=FETCH_LEASE_S, limit=10):
        heard += _fetch_one(fetch, now=now)
    return heard


def _fetch_one(fetch: Fetch, *, now: datetime) -> int:
    channel = fetch.channel
    network = get_network(channel.network)
    try:
        batch = network.fetch(channel.access(), fetch.cursor)
    except errors.NetworkError as error:
        if note_trouble(channel, error, now=now):
            log.warning("channel %s (%s): %s", channel.pk, channel.network, error.kind)
        wait = _FETCH_BACKOFF_S[min(fetch.attempts, len(_FETCH_BACKOFF_S)) - 1]
        fetch.due_at = now + timedelta(seconds=wait)
        if isinstance(error, errors.RateLimited) and error.until is not None:
            fetch.due_at = error.until
        fetch.lease_until = None
        fetch.save(update_fields=["due_at", "lease_until"])
        return 0
    stored = store(channel, batch.items, network.policy, now=now)
    fetch.cursor, fetch.attempts, fetch.lease_until = batch.cursor, 0, None
    fetch.due_at = now + timedelta(seconds=batch.next_in_s or settings.POLL_S)
    fetch.save(update_fields=["cursor", "attempts", "lease_until", "due_at"])
    if batch.moved_to:
        channel.host = batch.moved_to[:300]
        channel.save(update_fields=["host"])
    note_ok(channel, now=now)
    redraw(stored.changed, now=now)
    if fetch.recheck_at <= now:
        _recheck(fetch, now=now)
    return len(stored.new)


def _recheck(fetch: Fetch, *, now: datetime) -> None:
    """Honour what authors took back: the channel's kept posts of the last weeks are looked at again."""
    channel, network = fetch.channel, get_network(fetch.channel.network)
    fetch.recheck_at = now + RECHECK_EVERY
    fetch.save(update_fields=["recheck_at"])
    if not isinstance(network, Rechecks) or not network.policy.must_recheck:
        return
    kept = Mention.objects.filter(channel=channel, state=Mention.State.LIVE, created_at__gt=now - RECHECK_FOR)
    try:
        gone = network.recheck(channel.access(), tuple(kept.order_by("-id").values_list("native_id", flat=True)[:200]))
    except errors.NetworkError as error:
        log.info("channel %s: not looked at again (%s)", channel.pk, error.kind)
        return
    redraw(store(channel, gone, network.policy, now=now).changed, now=now)


def thread_new(memory: Memory, *, now: datetime) -> int:
    """Thread what intake stored, and propose who can answer what a person asks."""
    done = 0
    for mention in list_unthreaded():
        conversation = thread(mention, now=now)
        done += 1
        if conversation is not None and conversation.holder_id is None and mention.kind not in {"article", "link"}:
            _propose(conversation, memory, now=now)
    return done


def _propose(conversation: Conversation, memory: Memory, *, now: datetime) -> None:
    index = find_index(conversation.firm, memory, now=now)
    propose(conversation, rank_conversation(conversation, index, memory.encoder, now=now), now=now)


def find_index(firm: Firm, memory: Memory, *, now: datetime) -> Index:
    """The firm's index, made again when what its members know has changed."""
    known = Expertise.objects.filter(firm=firm).aggregate(Count("pk"), Max("pk"))
    away = tuple(firm.members.filter(away_until__gt=now).values_list("pk", flat=True))
    mark = (*known.values(), firm.members.filter(left_at=None).count(), away)
    kept = memory.indexes.get(firm.pk)
    if kept is not None and kept[0] == mark:
        return kept[1]
    index = make_index(firm, memory.encoder, known=kept[1].list_vectors() if kept else None, now=now)
    memory.indexes[firm.pk] = (mark, index)
    return index


def send_due(*, now: datetime) -> int:
    """Send what is due, each once."""
    waiting = Delivery.objects.filter(state__in=[Delivery.State.HELD, Delivery.State.SENDING]).select_related(
        "channel", "author"
    )
    sent = 0
    for delivery in claim_due(waiting, now=now, lease_s=send.LEASE_S, limit=10):
        sent += _send_one(delivery, now=now)
    return sent


def _send_one(delivery: Delivery, *, now: datetime) -> int:
    may_have_left = delivery.first_byte_at is not None
    started = Delivery.objects.filter(pk=delivery.pk, state__in=[Delivery.State.HELD, Delivery.State.SENDING]).update(
        state=Delivery.State.SENDING, first_byte_at=delivery.first_byte_at or now
    )
    if not started:
        return 0
    network = get_network(delivery.channel.network)
    outcome = send.attempt(network, delivery.channel.access(), delivery, may_have_left=may_have_left, now=now)
    send.record(delivery, outcome, now=now)
    if isinstance(outcome.error, errors.AuthExpired | errors.PermissionMissing):
        note_trouble(delivery.channel, outcome.error, now=now)
    conversation = Conversation.objects.filter(messages__delivery=delivery).select_related("firm").first()
    if conversation is not None:
        tell(conversation.firm_id, conversation.pk, now=now)
        if outcome.state == Delivery.State.SENT and delivery.author is not None:
            accept_pick(conversation, delivery.author)
        if outcome.state == Delivery.State.FAILED:
            acts.reopen(conversation, now=now)
    return int(outcome.state == Delivery.State.SENT)


def beat(memory: Memory, *, now: datetime) -> int:
    """Run every step once; return how much was done."""
    ensure_fetches(now=now)
    if memory.purged_at is None or memory.purged_at <= now - PURGE_EVERY:
        purge(now=now)
        memory.purged_at = now
    return (
        send_due(now=now)
        + fetch_due(now=now)
        + verify_due(now=now)
        + thread_new(memory, now=now)
        + acts.wake_due(now=now)
    )


def next_due(*, now: datetime) -> float:
    """Seconds until something falls due, between 0 and 30."""
    instants = [
        Delivery.objects.filter(state__in=[Delivery.State.HELD, Delivery.State.SENDING], lease_until=None)
        .order_by("due_at")
        .values_list("due_at", flat=True)
        .first(),
        Fetch.objects.filter(channel__firm__notice_published_at__isnull=False)
        .exclude(channel__state=Channel.State.UNPLUGGED)
        .order_by("due_at")
        .values_list("due_at", flat=True)
        .first(),
        Ping.objects.filter(state=Ping.State.WAITING, lease_until=None)
        .order_by("due_at")
        .values_list("due_at", flat=True)
        .first(),
        Conversation.objects.filter(state=Conversation.State.LATER)
        .order_by("later_until")
        .values_list("later_until", flat=True)
        .exclude(later_until=None)
        .first(),
    ]
    if Mention.objects.filter(step=Mention.Step.NEW).exists():
        return 0.0
    waits = [(instant - now).total_seconds() for instant in instants if instant is not None]
    return min(30.0, max(0.0, min(waits, default=30.0)))
