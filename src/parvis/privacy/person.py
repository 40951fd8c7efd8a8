"""All that is kept on one person: to hand over, and to erase, across every room."""

from typing import Any

from django.db import transaction

from parvis.contacts.models import Contact
from parvis.conversations.models import Conversation, Message
from parvis.conversations.search import index_message
from parvis.firm.models import Member
from parvis.firm.people import audit
from parvis.intake.models import Mention, MentionVersion
from parvis.wire.registry import get_network


def _may_export(network: str) -> bool:
    return get_network(network).policy.may_export


def export_person(contact: Contact) -> dict[str, Any]:
    """Identities, turns and notes of one person, as far as each network's policy lets them be handed out."""
    turns = (
        Message.objects.filter(firm_id=contact.firm_id, conversation__contact=contact)
        .exclude(way=Message.Way.NOTE)
        .select_related("mention", "member")
        .order_by("at", "id")
    )
    return {
        "name": contact.name,
        "known_since": contact.known_since.isoformat(),
        "identities": [
            {"network": i.network, "handle": i.handle, "name": i.name, "url": i.url}
            for i in contact.identities.order_by("id")
            if _may_export(i.network)
        ],
        "turns": [
            {
                "at": turn.at.isoformat(),
                "who": turn.member.first_name if turn.member else contact.name,
                "text": turn.text,
                "source": turn.mention.native_url if turn.mention else "",
            }
            for turn in turns
            if turn.mention is None or _may_export(turn.mention.network)
        ],
        "notes": [{"at": m.at.isoformat(), "text": m.text} for m in contact.memos.order_by("at")],
    }


@transaction.atomic
def erase_person(contact: Contact, by: Member | None) -> None:
    """Their words, names and notes go; a trace without content stays in the audit lines."""
    firm_id = contact.firm_id
    mentions = Mention.objects.filter(firm_id=firm_id, message__conversation__contact=contact)
    MentionVersion.objects.filter(mention__in=mentions).delete()
    for message in Message.objects.filter(firm_id=firm_id, conversation__contact=contact):
        message.text = ""
        message.save(update_fields=["text"])
        index_message(message)
    mentions.update(
        text="", html="", title="", author_name="", author_handle="", author_url="", author_id_there="", raw={},
        links=[], media=[], native_url="", reply_ref={}, state=Mention.State.DELETED,
    )  # fmt: skip
    Conversation.objects.filter(firm_id=firm_id, contact=contact).update(
        name="—", snippet="", state=Conversation.State.CLOSED, contact=None
    )
    audit(contact.firm, by, "person.erased", str(contact.pk))
    contact.delete()
