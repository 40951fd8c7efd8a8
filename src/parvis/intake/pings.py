"""Links that somebody says they made to a page of ours: kept, then verified by fetching their page."""

import hashlib
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import F

from parvis.firm.models import Firm
from parvis.intake.models import Ping

MAX_WAITING = 500


class PingRefused(Exception):
    """The ping is not one for us; `reason` is same, target, source or busy."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def is_ours(firm: Firm, target: str) -> bool:
    """Whether an address is one of this firm's public pages here."""
    ours, theirs = urlsplit(settings.PUBLIC_URL), urlsplit(target)
    return (theirs.scheme, theirs.netloc) == (ours.scheme, ours.netloc) and theirs.path.startswith(f"/p/{firm.slug}/")


def keep_ping(firm: Firm, *, kind: str, source: str, target: str, now: datetime) -> Ping:
    """Keep a ping for the worker; the same pair again asks for a new look. Raises `PingRefused`."""
    if urlsplit(source).scheme not in ("http", "https") or len(source) > 2000:
        raise PingRefused("source")
    if source.split("#")[0] == target.split("#")[0]:
        raise PingRefused("same")
    if len(target) > 2000 or not is_ours(firm, target):
        raise PingRefused("target")
    pair = hashlib.sha256(f"{source}\n{target}".encode()).hexdigest()
    known = Ping.objects.filter(firm=firm, pair_hash=pair).first()
    if known is None and Ping.objects.filter(firm=firm, state=Ping.State.WAITING).count() >= MAX_WAITING:
        raise PingRefused("busy")
    ping, made = Ping.objects.get_or_create(
        firm=firm,
        pair_hash=pair,
        defaults={"kind": kind, "source": source, "target": target, "due_at": now, "received_at": now},
    )
    if not made:
        Ping.objects.filter(pk=ping.pk).update(
            state=Ping.State.WAITING, due_at=now, attempts=0, lease_until=None, received_at=F("received_at")
        )
    return ping
