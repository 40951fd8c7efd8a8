"""Full-history search inside a firm that ignores accents, œ, plurals and apostrophes, on SQLite and PostgreSQL.

An index row holds the normalised words of one message; erasing the message erases it.
"""

from collections.abc import Sequence

from django.db import connection

from parvis.conversations.models import Conversation, Message
from parvis.lib.text import search_terms


def index_message(message: Message) -> None:
    """Index a message anew; an empty text leaves no row."""
    terms = " ".join(search_terms(message.text))
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM message_words WHERE " + _KEY + " = %s", [message.pk])
        if terms:
            cursor.execute(
                "INSERT INTO message_words (" + _KEY + ", firm, words) VALUES (%s, %s, " + _AS_WORDS + ")",
                [message.pk, f"zf{message.firm_id}", terms],
            )


def find_messages(firm_id: int, asked: str, *, limit: int = 50) -> Sequence[int]:
    """Ids of the firm's newest messages that hold every word asked, newest first."""
    terms = search_terms(asked)[:12]
    if not terms:
        return []
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            query = f"firm:zf{firm_id} AND words:(" + " AND ".join(f'"{term}"*' for term in terms) + ")"
            cursor.execute(
                "SELECT rowid FROM message_words WHERE message_words MATCH %s ORDER BY rowid DESC LIMIT %s",
                [query, limit],
            )
        else:
            cursor.execute(
                "SELECT message_id FROM message_words WHERE firm = %s AND words @@ to_tsquery('simple', %s)"
                " ORDER BY message_id DESC LIMIT %s",
                [f"zf{firm_id}", " & ".join(f"{term}:*" for term in terms), limit],
            )
        return [row[0] for row in cursor.fetchall()]


def find_conversations(firm_id: int, asked: str, *, limit: int = 50) -> Sequence[Conversation]:
    """The firm's conversations in which a message holds every word asked, newest message first."""
    ids = find_messages(firm_id, asked, limit=limit)
    order: dict[int, None] = {}
    found = dict(Message.objects.filter(firm_id=firm_id, pk__in=ids).values_list("pk", "conversation_id"))
    for pk in ids:
        if pk in found:
            order.setdefault(found[pk])
    lines = Conversation.objects.filter(firm_id=firm_id).select_related("contact", "holder", "answered_by")
    rows = lines.prefetch_related("labels", "presences__member").in_bulk(list(order))
    return [rows[pk] for pk in order if pk in rows]


_KEY = "rowid" if connection.vendor == "sqlite" else "message_id"
_AS_WORDS = "%s" if connection.vendor == "sqlite" else "to_tsvector('simple', %s)"
