"""Sends one claimed delivery: looks before a second try, records what the network said, never sends blind twice."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from parvis.outbox.models import Delivery
from parvis.wire import errors
from parvis.wire.contract import Access, Network, Outgoing, Receipt

MAX_ATTEMPTS = 8
LEASE_S = 90
_BACKOFF_S = (5, 15, 60, 300, 900, 1800, 3600, 3600)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one try came to: the state to store, when to look again, and what went wrong."""

    state: str
    receipt: Receipt | None = None
    again_at: datetime | None = None
    error: errors.NetworkError | None = None


def as_outgoing(delivery: Delivery) -> Outgoing:
    return Outgoing(
        op_key=str(delivery.op_key),
        text=delivery.text,
        written_at=delivery.written_at,
        reply_ref=delivery.reply_ref,
        audience=delivery.audience,  # type: ignore[arg-type]  # a column of text; the desk only writes audiences
        lang=delivery.lang,
    )


def judge(error: errors.NetworkError, attempts: int, now: datetime) -> Outcome:
    """What a failed try means, pure: again later, for a person to look at, or for good."""
    if isinstance(error, errors.RateLimited):
        again = error.until or now + timedelta(seconds=_BACKOFF_S[min(attempts, len(_BACKOFF_S)) - 1])
        return Outcome(Delivery.State.SENDING, again_at=again, error=error)
    if not error.permanent:
        if attempts >= MAX_ATTEMPTS:
            is_unknown = isinstance(error, errors.Uncertain)
            return Outcome(Delivery.State.UNCERTAIN if is_unknown else Delivery.State.FAILED, error=error)
        again = now + timedelta(seconds=_BACKOFF_S[attempts - 1])
        return Outcome(Delivery.State.SENDING, again_at=again, error=error)
    return Outcome(Delivery.State.FAILED, error=error)


def attempt(network: Network, access: Access, delivery: Delivery, *, may_have_left: bool, now: datetime) -> Outcome:
    """Try once. When a byte may have left before, look first: found is sent, surely absent is sent now."""
    outgoing = as_outgoing(delivery)
    try:
        if may_have_left:
            receipt = network.fetch_state(access, outgoing)
            if receipt is not None:
                return Outcome(Delivery.State.SENT, receipt=receipt)
        return Outcome(Delivery.State.SENT, receipt=network.send(access, outgoing))
    except errors.Duplicate as error:
        return _look_again(network, access, outgoing, error, delivery.attempts, now)
    except errors.NetworkError as error:
        return judge(error, delivery.attempts, now)


def _look_again(
    network: Network, access: Access, outgoing: Outgoing, error: errors.Duplicate, attempts: int, now: datetime
) -> Outcome:
    try:
        receipt = network.fetch_state(access, outgoing)
    except errors.NetworkError as second:
        return judge(second, attempts, now)
    if receipt is not None:
        return Outcome(Delivery.State.SENT, receipt=receipt)
    return Outcome(Delivery.State.UNCERTAIN, error=error)


def record(delivery: Delivery, outcome: Outcome, *, now: datetime) -> None:
    """Write what a try came to."""
    changes: Mapping[str, Any] = {
        "state": outcome.state,
        "lease_until": None,
        "trouble_kind": outcome.error.kind if outcome.error else "",
        "trouble": outcome.error.detail if outcome.error else "",
    }
    if outcome.receipt is not None:
        changes = {
            **changes,
            "native_id": outcome.receipt.native_id[:500],
            "native_url": outcome.receipt.native_url[:1000],
            "sent_at": now,
        }
    if outcome.again_at is not None:
        changes = {**changes, "due_at": outcome.again_at}
    for name, value in changes.items():
        setattr(delivery, name, value)
    delivery.save(update_fields=list(changes))
