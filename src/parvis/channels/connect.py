"""Links an account to the firm and keeps its health: sealed secret in, one clear sentence out when it fails."""

import dataclasses
from datetime import datetime

from parvis.channels.models import Channel, open_vault
from parvis.firm.models import Firm, Member
from parvis.firm.people import audit
from parvis.wire import errors
from parvis.wire.contract import Connected

FATAL = (errors.AuthExpired, errors.PermissionMissing, errors.NotApproved)


def link(firm: Firm, member: Member | None, network: str, connected: Connected, *, now: datetime) -> Channel:
    """Keep a proved account; linking it again renews its secret."""
    sealed = open_vault().seal(dict(connected.secret)) if connected.secret else b""
    channel, _ = Channel.objects.update_or_create(
        firm=firm,
        network=network,
        native_id=connected.native_id,
        defaults={
            "host": connected.host,
            "handle": connected.handle,
            "label": connected.label,
            "sealed_secret": sealed,
            "abilities": sorted(connected.abilities),
            "limits": dataclasses.asdict(connected.limits),
            "note": connected.note[:300],
            "state": Channel.State.OK,
            "trouble": "",
            "trouble_kind": "",
            "trouble_since": None,
            "linked_by": member,
            "linked_at": now,
        },
    )
    audit(firm, member, "channel.linked", f"{network} {connected.handle}")
    return channel


def unplug(channel: Channel, member: Member) -> None:
    """Forget the secret and stop listening; what was heard stays."""
    channel.state = Channel.State.UNPLUGGED
    channel.sealed_secret = b""
    channel.save(update_fields=["state", "sealed_secret"])
    audit(channel.firm, member, "channel.unplugged", channel.handle)


def note_ok(channel: Channel, *, now: datetime) -> None:
    channel.state, channel.trouble, channel.trouble_kind, channel.trouble_since = Channel.State.OK, "", "", None
    channel.last_ok_at = now
    channel.save(update_fields=["state", "trouble", "trouble_kind", "trouble_since", "last_ok_at"])


def note_trouble(channel: Channel, error: errors.NetworkError, *, now: datetime) -> bool:
    """Record what a network said; True when this trouble is new, so that it is told once."""
    is_new = channel.trouble_kind != error.kind
    channel.state = Channel.State.UNPLUGGED if isinstance(error, FATAL) else Channel.State.FAILING
    channel.trouble_kind, channel.trouble = error.kind, error.detail
    channel.trouble_since = channel.trouble_since or now
    channel.save(update_fields=["state", "trouble", "trouble_kind", "trouble_since"])
    return is_new


def reseal_all() -> int:
    """Seal every secret with the newest key; returns how many."""
    vault = open_vault()
    channels = list(Channel.objects.exclude(sealed_secret=b""))
    for channel in channels:
        channel.sealed_secret = vault.rotate(bytes(channel.sealed_secret))
        channel.save(update_fields=["sealed_secret"])
    return len(channels)
