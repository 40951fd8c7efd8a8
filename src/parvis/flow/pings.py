"""Verifies the links that other sites told us of, by reading their page; and looks again later, since pages change."""

from datetime import datetime, timedelta

from parvis.channels.models import Channel
from parvis.conversations.thread import redraw
from parvis.firm.models import Firm
from parvis.flow.claim import claim_due
from parvis.intake.models import Mention, Ping
from parvis.intake.store import store
from parvis.networks.links import make_link_id, verify_source
from parvis.wire import errors
from parvis.wire.registry import get_network

LEASE_S = 90
AGAIN_S = (60, 600, 3600, 21_600)
LOOK_AGAIN = timedelta(days=1)
LOOK_FOR = timedelta(days=30)


def get_links_channel(firm: Firm) -> Channel:
    """The channel of links received, made the first time that it is needed."""
    channel, _made = Channel.objects.get_or_create(
        firm=firm, network="links", native_id="links", defaults={"label": "Links", "abilities": ["links"]}
    )
    return channel


def verify_due(*, now: datetime) -> int:
    """Look at the pages whose link waits, and again at those known for less than thirty days."""
    waiting = (
        Ping.objects.filter(firm__notice_published_at__isnull=False, received_at__gt=now - LOOK_FOR)
        .exclude(state=Ping.State.REFUSED)
        .select_related("firm")
    )
    return sum(_verify(ping, now=now) for ping in claim_due(waiting, now=now, lease_s=LEASE_S, limit=10))


def _verify(ping: Ping, *, now: datetime) -> int:
    try:
        item = verify_source(ping.source, ping.target, now=now)
    except errors.NetworkError as error:
        _put_off(ping, error, now=now)
        return 0
    channel = get_links_channel(ping.firm)
    known = Mention.objects.filter(channel=channel, native_id=make_link_id(ping.source, ping.target))
    is_known = known.exists()
    if item.state != "deleted" and known.filter(text=item.text, title=item.title, state="live").exists():
        _finish(ping, Ping.State.DONE, now=now)
        return 0
    if item.state == "deleted" and not is_known:
        _finish(ping, Ping.State.REFUSED, trouble="no link to us on that page", now=now)
        return 0
    stored = store(channel, [item], get_network("links").policy, now=now)
    redraw(stored.changed, now=now)
    _finish(ping, Ping.State.REFUSED if item.state == "deleted" else Ping.State.DONE, now=now)
    return len(stored.new) + len(stored.changed)


def _put_off(ping: Ping, error: errors.NetworkError, *, now: datetime) -> None:
    if error.permanent or ping.attempts > len(AGAIN_S):
        _finish(ping, Ping.State.REFUSED, trouble=error.kind, now=now)
        return
    ping.due_at = now + timedelta(seconds=AGAIN_S[ping.attempts - 1])
    ping.lease_until, ping.trouble = None, error.kind
    ping.save(update_fields=["due_at", "lease_until", "trouble"])


def _finish(ping: Ping, state: str, *, trouble: str = "", now: datetime) -> None:
    ping.state, ping.trouble, ping.lease_until, ping.attempts = state, trouble, None, 0
    ping.due_at = now + LOOK_AGAIN
    ping.save(update_fields=["state", "trouble", "lease_until", "attempts", "due_at"])
