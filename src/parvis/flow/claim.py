"""The only place that knows how to claim rows that are due: one conditional update, a lease, and back-off on the row."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import connection, models, transaction
from django.db.models import F, Q

Row = TypeVar("Row", bound=models.Model)


def claim_due(rows: models.QuerySet[Row], *, now: datetime, lease_s: float, limit: int) -> Sequence[Row]:
    """Claim up to `limit` rows whose `due_at` has come and that nobody holds; each is claimed by one worker only.

    The rows have `due_at`, `lease_until` and `attempts`; the last is counted up by the claim.
    """
    free = rows.filter(due_at__lte=now).filter(Q(lease_until=None) | Q(lease_until__lte=now)).order_by("due_at", "pk")
    with transaction.atomic():
        locked = free.select_for_update(skip_locked=True, of=("self",)) if connection.vendor == "postgresql" else free
        claimed = list(locked[:limit])
        if not claimed:
            return []
        until = now + timedelta(seconds=lease_s)
        rows.model._default_manager.filter(pk__in=[row.pk for row in claimed]).update(
            lease_until=until, attempts=F("attempts") + 1
        )
    for row in claimed:
        row.lease_until = until  # type: ignore[attr-defined]  # each claimable model has the three columns
        row.attempts += 1  # type: ignore[attr-defined]
    return claimed
