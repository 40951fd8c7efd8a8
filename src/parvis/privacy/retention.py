"""What is forgotten and when: people three years after their last word, raw items after thirty days, traces after a year.

A network's policy may ask for less. Our own sends and openings never move a person's clock.
"""

from datetime import datetime, timedelta

from django.db.models import Q

from parvis.contacts.models import Contact
from parvis.conversations.models import Change, Presence
from parvis.firm.models import AuditLine
from parvis.intake.models import Mention, MentionVersion, Ping
from parvis.privacy.person import erase_person
from parvis.wire.registry import get_network, list_names

PERSON = timedelta(days=3 * 365)
RAW = timedelta(days=30)
TRACE = timedelta(days=365)
CHANGE = timedelta(days=1)
_AT_ONCE = 50


def purge(*, now: datetime) -> int:
    """Forget what is due; returns how many people were erased. Small steps: the rest follows at the next call."""
    Mention.objects.filter(received_at__lt=now - RAW).exclude(raw={}).update(raw={})
    Ping.objects.filter(received_at__lt=now - RAW).delete()
    Change.objects.filter(at__lt=now - CHANGE).delete()
    Presence.objects.filter(at__lt=now - CHANGE).delete()
    AuditLine.objects.filter(at__lt=now - TRACE).delete()
    _purge_by_policy(now=now)
    silent = Contact.objects.filter(
        Q(last_spoke_at__lt=now - PERSON) | Q(last_spoke_at=None, known_since__lt=now - PERSON)
    ).select_related("firm")
    erased = list(silent.order_by("id")[:_AT_ONCE])
    for contact in erased:
        erase_person(contact, None)
    return len(erased)


def _purge_by_policy(*, now: datetime) -> None:
    """Texts of a network that may be kept for so many days only."""
    for name in list_names():
        days = get_network(name).policy.max_days
        if days is None:
            continue
        old = Mention.objects.filter(network=name, created_at__lt=now - timedelta(days=days)).exclude(text="")
        MentionVersion.objects.filter(mention__in=old).delete()
        old.update(text="", html="", title="", raw={})
