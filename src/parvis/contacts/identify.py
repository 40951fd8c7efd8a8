"""Says who somebody is: the Contact behind a handle, made when it is new."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from parvis.contacts.models import Contact, Identity, Joining
from parvis.firm.models import Firm, Member


@dataclass(frozen=True, slots=True)
class Handle:
    """How one network names somebody."""

    network: str
    native_id: str
    handle: str = ""
    name: str = ""
    url: str = ""


class CannotPart(Exception):
    """This joining was undone already."""


def identify(firm: Firm, handle: Handle, *, now: datetime) -> Contact:
    """The contact behind a handle; a new handle makes a new contact. Call inside a transaction."""
    identity = (
        Identity.objects.select_related("contact")
        .filter(firm=firm, network=handle.network, native_id=handle.native_id)
        .first()
    )
    if identity is not None:
        if (identity.handle, identity.name) != (handle.handle, handle.name):
            identity.handle, identity.name, identity.url = handle.handle, handle.name, handle.url
            identity.save(update_fields=["handle", "name", "url"])
        return identity.contact
    contact = Contact.objects.create(
        firm=firm, name=handle.name or handle.handle or handle.native_id[:200], known_since=now, last_spoke_at=now
    )
    Identity.objects.create(
        firm=firm,
        contact=contact,
        network=handle.network,
        native_id=handle.native_id,
        handle=handle.handle,
        name=handle.name,
        url=handle.url,
    )
    return contact


@transaction.atomic
def join_contacts(kept: Contact, absorbed: Contact, member: Member | None, *, now: datetime) -> Joining:
    """Say that two contacts are one person. The identities and memos move, and where they were is kept."""
    if kept.firm_id != absorbed.firm_id or kept.pk == absorbed.pk:
        raise ValueError("two different contacts of one firm are needed")
    moved = {
        "identities": list(absorbed.identities.values_list("pk", flat=True)),
        "memos": list(absorbed.memos.values_list("pk", flat=True)),
    }
    absorbed.identities.update(contact=kept)
    absorbed.memos.update(contact=kept)
    return Joining.objects.create(
        firm_id=kept.firm_id, kept=kept, absorbed=absorbed, moved=moved, member=member, at=now
    )


@transaction.atomic
def part_contacts(joining: Joining, *, now: datetime) -> Contact:
    """Undo a joining: what moved goes back to whom it came from."""
    if joining.parted_at is not None:
        raise CannotPart
    Identity.objects.filter(firm_id=joining.firm_id, pk__in=joining.moved["identities"]).update(
        contact=joining.absorbed
    )
    joining.kept.memos.filter(pk__in=joining.moved["memos"]).update(contact=joining.absorbed)
    joining.parted_at = now
    joining.save(update_fields=["parted_at"])
    return joining.absorbed


def list_identities(contact: Contact) -> Sequence[Identity]:
    return list(contact.identities.order_by("id"))
