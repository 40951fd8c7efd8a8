"""A made-up firm with a very full box, for the benches: rows multiplied inside the database from one that the models made."""

import itertools
import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from django.db import connection, transaction
from django.db.models import Model

from parvis.channels.models import Channel
from parvis.contacts.models import Contact
from parvis.conversations.models import Conversation, Message
from parvis.firm.models import Member
from parvis.firm.people import NewPerson, open_firm, publish_notice
from parvis.lib.text import search_terms

START = datetime(2026, 1, 1, 8, tzinfo=UTC)
CONTACTS = 20_000
WORDS = 20_000
_SYLLABLES = [
    "ba",
    "che",
    "di",
    "fou",
    "gra",
    "lin",
    "mo",
    "ne",
    "pri",
    "ra",
    "si",
    "tur",
    "vo",
    "ze",
    "clo",
    "mai",
    "ten",
    "bri",
    "sa",
    "du",
]


def open_crowded_firm(name: str) -> Member:
    """The owner of a firm whose notice is published, with a channel."""
    owner = NewPerson(f"{name}@crowd.test", "une-phrase-assez-longue", "Sonia", "accueil")
    member = open_firm(name, owner=owner, now=START)
    publish_notice(member.firm, member, "Notice", now=START)
    Channel.objects.create(firm=member.firm, network="practice", native_id=name, label=name, linked_at=START)
    return member


def multiply(row: Model, count: int, columns: Mapping[str, str]) -> int:
    """Copy a saved row `count` times; `columns` are SQL of the copy's number n. Return the first copy's id less one."""
    meta = row._meta
    names = [field.column for field in meta.local_concrete_fields if field.column and not field.primary_key]
    values = [columns.get(name, f"kept.{name}") for name in names]
    if connection.vendor != "sqlite":
        raise NotImplementedError("the crowd is made on SQLite")
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE serial(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM serial WHERE n < {int(count)})"  # noqa: S608  # names of our own models
            f" INSERT INTO {meta.db_table} ({', '.join(names)}) SELECT {', '.join(values)}"
            f" FROM serial, (SELECT * FROM {meta.db_table} WHERE id = {int(row.pk)}) AS kept"
        )
    return int(row.pk)


def _at(seconds: int) -> str:
    return f"strftime('%Y-%m-%d %H:%M:%S', '2026-01-01 08:00:00', '+' || (n * {seconds}) || ' seconds')"


@transaction.atomic
def fill_box(owner: Member, count: int) -> int:
    """That many conversations with one message each, forty of a hundred open; return the first message's id less one."""
    firm, channel = owner.firm, Channel.objects.get(firm=owner.firm)
    contact = Contact.objects.create(firm=firm, name="Personne 0", known_since=START)
    multiply(contact, CONTACTS, {"name": "'Personne ' || n"})
    line = Conversation.objects.create(
        firm=firm, contact=contact, channel=channel, network="practice", name="Personne", snippet="Une question",
        opened_at=START, asked_at=START, last_at=START, answer_by=START,
    )  # fmt: skip
    when = _at(20)
    multiply(
        line,
        count,
        {
            "contact_id": f"{contact.pk} + 1 + (n * 7919) % {CONTACTS}",
            "name": f"'Personne ' || ((n * 7919) % {CONTACTS})",
            "snippet": "'Bonjour, une question sur la commande ' || n || ', qui peut me renseigner ?'",
            "state": "CASE WHEN n % 10 < 4 THEN 'open' WHEN n % 10 < 6 THEN 'waiting' ELSE 'closed' END",
            "holder_id": f"CASE WHEN n % 3 = 0 THEN {owner.pk} END",
            "opened_at": when,
            "asked_at": when,
            "last_at": when,
            "answer_by": when,
        },
    )
    message = Message.objects.create(firm=firm, conversation=line, way=Message.Way.IN, text="Une question", at=START)
    multiply(
        message,
        count,
        {
            "conversation_id": f"{line.pk} + n",
            "text": "'Bonjour, une question sur la commande ' || n || ', qui peut me renseigner ?'",
            "at": when,
        },
    )
    return int(message.pk)


def make_words(chance: random.Random) -> list[str]:
    """Made-up words, all different, short ones first."""
    pairs = ["".join(parts) for size in (2, 3, 4) for parts in itertools.product(_SYLLABLES, repeat=size)]
    short = pairs[:400]
    chance.shuffle(short)
    return short + chance.sample(pairs[400:], WORDS - 400)


def write_texts(words: Sequence[str], count: int, chance: random.Random) -> Iterator[list[str]]:
    """Texts of twelve words each, drawn as words are in a language: the second half as often as the first."""
    weights = list(itertools.accumulate(1 / (rank + 10) for rank in range(len(words))))
    for start in range(0, count, 10_000):
        size = min(10_000, count - start)
        drawn = chance.choices(words, cum_weights=weights, k=12 * size)
        for number in range(size):
            yield drawn[12 * number : 12 * number + 12]


@transaction.atomic
def fill_index(firm_id: int, first: int, texts: Iterator[list[str]]) -> None:
    """The search rows of messages first + 1 and on, the words normalised as the product does it."""
    stems: dict[str, str] = {}

    def stem(word: str) -> str:
        if word not in stems:
            stems[word] = " ".join(search_terms(word))
        return stems[word]

    numbered = enumerate(texts, first + 1)
    with connection.cursor() as cursor:
        while part := list(itertools.islice(numbered, 10_000)):
            cursor.executemany(
                "INSERT INTO message_words (rowid, firm, words) VALUES (%s, %s, %s)",
                [(pk, f"zf{firm_id}", " ".join(map(stem, text))) for pk, text in part],
            )
